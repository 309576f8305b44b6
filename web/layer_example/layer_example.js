// The layer example: one layer on a small minibatch. Its parts on the page share what is picked,
// what is hovered and the current step (store.js).

import { Numbers } from "./numbers.js";
import { Steps } from "./steps.js";
import { store } from "./store.js";
import { Torch } from "./torch.js";

const PARTS = { numbers: Numbers, steps: Steps, torch: Torch };

export const mount = (root) => new Part(root);

class Part {
  constructor(root) {
    this.root = root;
  }

  show(component) {
    this.part ??= new PARTS[component.data.part](this.root, store);
    this.part.show(component);
  }

  leave() {
    this.part?.leave();
  }
}
