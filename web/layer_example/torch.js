// Every output and gradient beside torch's.

import { make, table } from "../kit/dom.js";

export class Torch {
  constructor(root) {
    this.root = root;
  }

  show({ data }) {
    if (data.table === this.text) return;
    this.text = data.table;
    this.root.replaceChildren(make("div", { class: "numbers", tabindex: "0", role: "region", "aria-label": "By hand and by torch" },
      table(JSON.parse(data.table))));
  }

  leave() {}
}
