// One study of a claim: what it trains, its curves or maps as they develop, and links to look inside.

import { make, setText } from "../kit/dom.js";
import { LivePlots } from "../kit/live.js";

export class StudyPanel {
  /** tell(): other figures are wanted now */
  constructor({ name, words }, plotly, tell) {
    this.name = name;
    this.share = make("span", { class: "share" });
    this.summary = make("summary", {}, make("strong", {}, name), " ", this.share);
    this.summary.addEventListener("click", () => { this.isTouched = true; });
    this.grid = make("div", { class: "maps" });
    this.ways = make("p", { class: "ways" });
    this.element = make("details", { class: "study" }, this.summary, make("p", {}, words), this.grid, this.ways);
    this.element.addEventListener("toggle", () => this.isTouched && tell());
    this.figures = new LivePlots(this.grid, plotly);
  }

  get isOpen() {
    return this.element.open;
  }

  open(isOpen) {
    this.element.open = isOpen;
  }

  draw({ done, figures, links }) {
    const share = done >= 1 ? "done" : `${Math.floor(100 * done)} %`;
    setText(this.share, share);
    if (!links) return; // closed
    this.figures.put(figures);
    this.link(links);
  }

  link(links) {
    const key = JSON.stringify(links);
    if (key === this.linksKey) return;
    this.linksKey = key;
    const way = (text, path) => make("a", {
      target: "_blank", rel: "noopener", href: new URL(path, document.baseURI),
    }, text);
    const races = links.races.map(({ arm, words, query }) => way(words ? `${arm} (${words})` : arm, `race?${query}`));
    this.ways.replaceChildren(
      ...(links.sweep ? [way("Open the grid as a sweep", `sweep?${links.sweep}`), ". "] : []),
      ...(races.length ? ["Open an arm as a race: ", ...races.flatMap((race, index) => (index ? [", ", race] : [race]))] : []),
    );
  }

  leave() {
    this.figures.leave();
  }
}
