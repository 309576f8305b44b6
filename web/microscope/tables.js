// The numbers of the unit now, and its first examples, as tables that are kept up to date.

import { headOf, make, setText } from "../kit/dom.js";
import { shown } from "./figures.js";

const FIRST = 8; // examples
const ROWS = [
  ["mean", "μ", "mean of the minibatch"],
  ["var", "σ²", "variance of the minibatch"],
  ["eps", "ε", "epsilon"],
  ["s", "s", "√(σ² + ε)"],
  ["weight", "γ", "gamma"],
  ["bias", "β", "beta"],
  ["running_mean", "", "running mean"],
  ["running_var", "", "running variance"],
];

/** The numbers that all examples share. */
export class Shared {
  constructor() {
    this.cells = new Map(ROWS.map(([name]) => [name, make("td", { "data-number": name })]));
    this.element = make("table", { class: "shared" },
      make("caption", { class: "unseen" }, "The numbers of this unit"),
      make("tbody", {}, ...ROWS.map(([name, sign, words]) => make("tr", {},
        make("th", { scope: "row" }, make("b", {}, sign), sign ? " " : null, words), this.cells.get(name)))));
  }

  take(seen) {
    for (const [name, cell] of this.cells) setText(cell, shown(seen[name]));
  }
}

/** x, x̂ and y of the first examples. */
export class Examples {
  constructor() {
    this.body = make("tbody", {});
    this.caption = make("caption", {});
    this.element = make("table", { class: "examples" }, this.caption,
      headOf(["example", "x", "x̂", "y"]), this.body);
    this.rows = [];
  }

  take(seen) {
    const count = Math.min(FIRST, seen.size);
    if (count !== this.rows.length) this.build(count);
    setText(this.caption, seen.size > count ? `The first ${count} of ${seen.size} examples` : `All ${count} examples`);
    this.rows.forEach((cells, i) => {
      setText(cells[0], shown(seen.x[i]));
      setText(cells[1], shown(seen.normalized[i]));
      setText(cells[2], shown(seen.y[i]));
    });
  }

  build(count) {
    this.rows = Array.from({ length: count }, () => [make("td"), make("td"), make("td")]);
    this.body.replaceChildren(...this.rows.map((cells, i) =>
      make("tr", {}, make("th", { scope: "row" }, String(i + 1)), ...cells)));
  }
}
