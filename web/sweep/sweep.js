// A sweep, followed as its maps develop.

import { isFree } from "../kit/keys.js";
import { Followed } from "../kit/followed.js";
import { Screen } from "./screen.js";

export const mount = (root) => new Sweep(root);

class Sweep extends Followed {
  constructor(root) {
    super(root, { name: "Sweep", path: "sweep/" });
    root.sweep = this;
    this.hash = location.hash; // for the first sweep shown: that of the link
    this.presses = 0;
    this.onKey = (event) => {
      if (event.key !== " " || !this.screen?.transport.canAct || !isFree(event, root)) return;
      event.preventDefault();
      this.screen.transport.toggle();
    };
    document.addEventListener("keydown", this.onKey);
  }

  leave() {
    super.leave();
    document.removeEventListener("keydown", this.onKey);
  }

  screenOf(hello) {
    const screen = new Screen(this.body, hello, this, this.hash);
    this.hash = "";
    return screen;
  }

  /** Ask the page for the same sweep with one axis extended at one end. */
  extend(path, end) {
    this.presses += 1;
    this.tellPage("extended", JSON.stringify({ n: this.presses, path, end }));
  }
}
