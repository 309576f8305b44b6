// Every output and gradient beside torch's.

import { make } from "../kit/dom.js";

export class Torch {
  constructor(root) {
    this.root = root;
  }

  show({ data }) {
    if (data.table === this.text) return;
    this.text = data.table;
    const { head, rows } = JSON.parse(data.table);
    const cell = (text, place) => make(place ? "td" : "th", place ? {} : { scope: "row" }, text);
    this.root.replaceChildren(make("div", { class: "numbers", tabindex: "0", role: "region", "aria-label": "By hand and by torch" },
      make("table", {},
        make("thead", {}, make("tr", {}, ...head.map((text) => make("th", { scope: "col" }, text)))),
        make("tbody", {}, ...rows.map((row) => make("tr", {}, ...row.map(cell)))))));
  }

  leave() {}
}
