// One cell of a map: its curves, and a link to a race of exactly that network.

import { make, options, setText } from "../kit/dom.js";
import { LivePlots } from "../kit/live.js";

export class CellPanel {
  /** look(cell): which cell is shown from now on; null: none */
  constructor({ seeds }, plotly, look) {
    this.title = make("h3", {});
    this.words = make("p", { class: "words", "aria-live": "polite" });
    this.seed = make("select", { onchange: () => look({ ...this.place, seed_index: Number(this.seed.value) }) },
      ...options(seeds.map((seed, index) => [index, String(seed)])));
    this.race = make("a", { class: "race", target: "_blank", rel: "noopener" }, "Open as a race");
    const close = make("button", { type: "button", class: "small", onclick: () => look(null) }, "Close");
    const seed = seeds.length > 1 ? make("label", { class: "label" }, "Seed ", this.seed) : null;
    this.grid = make("div", { class: "curves" });
    this.figures = new LivePlots(this.grid, plotly);
    this.element = make("section", { class: "cell", hidden: true, "aria-label": "One cell" },
      make("header", {}, this.title, make("div", { class: "options" }, seed, this.race, close)),
      this.words, this.grid);
  }

  draw({ place, title, text, race, figures }) {
    this.place = place;
    this.element.hidden = false;
    setText(this.title, title);
    setText(this.words, text);
    this.seed.value = place.seed_index;
    this.race.hidden = race === null;
    if (race !== null) this.race.href = new URL(`race?${race}`, document.baseURI);
    this.grid.hidden = !figures.length;
    this.figures.put(figures);
  }

  close() {
    this.element.hidden = true;
  }

  leave() {
    this.figures.leave();
  }
}
