// What is picked, in numbers and words: its set, its statistics, its result, and all values.

import { headOf, make } from "../kit/dom.js";
import { Maps } from "./maps.js";
import { describe, indexOf, setOf, written } from "./sets.js";
import { Strip } from "./strip.js";

export class Panel {
  constructor(onpick) {
    this.who = make("p", { class: "who" });
    this.set = make("p", { class: "company" });
    this.strip = new Strip();
    this.maps = new Maps(onpick);
    this.table = make("div", { class: "sums" });
    this.values = make("div", { class: "numbers", tabindex: "0", role: "region", "aria-label": "All values of the set" });
    this.details = make("details", { ontoggle: () => this.listValues() },
      make("summary", { class: "small" }, "All values of the set"), this.values);
    this.live = make("div", { class: "unseen", "aria-live": "polite" });
    this.element = make("div", { class: "panel" }, this.who, this.set, this.strip.element, this.table,
      make("p", { class: "label" }, "The same block as pictures: one row per digit, one column per channel; dark is large"),
      this.maps.element, this.details, this.live);
  }

  /** Show the picked element of a block under one norm; `say`: tell a screen reader too. */
  show(block, norm, picked, colours, say) {
    const { shape, x, eps } = block;
    const index = indexOf(shape, picked);
    const set = setOf(norm, index);
    const number = norm.setOf[index];
    const facts = {
      x: x[index], mean: norm.mean[number], variance: norm.variance[number], result: norm.xHat[index],
    };
    this.scene = { block, norm, set };
    const place = `Example ${picked[0] + 1} (digit ${block.labels[picked[0]]}), channel ${picked[1] + 1}, position ${picked[2] + 1}`;
    this.who.textContent = place;
    this.set.replaceChildren(
      make("strong", {}, `${norm.title}: `), `${describe(shape, set)}.`);
    this.strip.show({
      values: set.map((i) => x[i]), ...facts, eps, isCentred: norm.kind !== "rms", title: `${set.length} values of the set`,
    });
    this.table.replaceChildren(sums(norm, facts));
    this.maps.show({
      ...block, picked, colours: { ...colours, set: norm.colour[colours.mode] }, isMember: (i) => norm.setOf[i] === number,
    });
    this.listValues();
    if (say) {
      this.live.textContent = `${place}: ${written(facts.x)}. ${norm.title}: ${describe(shape, set)}. ${
        norm.refusal || sentence(norm, facts)}`;
    }
  }

  resize() {
    this.strip.draw();
    this.maps.draw();
  }

  /** The table of the set, built when it is opened: it may be long. */
  listValues() {
    if (!this.details.open || !this.scene) return;
    const { block: { shape: [, c, p], x }, norm, set } = this.scene;
    const head = ["example", "channel", "position", "x", "x̂"];
    const rows = set.map((i) => [
      Math.floor(i / (c * p)) + 1, (Math.floor(i / p) % c) + 1, (i % p) + 1, written(x[i]), written(norm.xHat[i])]);
    this.values.replaceChildren(make("table", {},
      headOf(head),
      make("tbody", {}, ...rows.map((row) => make("tr", {}, ...row.map((text) => make("td", {}, String(text))))))));
  }
}

const NAMES = {
  x: ["x", "picked value"], mean: ["μ", "mean of the set"], variance: ["σ²", "variance of the set"], result: ["x̂", "result"],
};

function sums(norm, facts) {
  const isRms = norm.kind === "rms";
  const names = { ...NAMES, ...(isRms ? { variance: ["mean of x²", "mean square of the set"] } : {}) };
  const shown = Object.keys(names).filter((key) => !(isRms && key === "mean"));
  return make("table", {},
    headOf(shown.map((key) => make("span", {},
      make("span", { class: "symbol" }, names[key][0]), make("br"), names[key][1]))),
    make("tbody", {}, make("tr", {}, ...shown.map((key) => make("td", { "data-number": key }, written(facts[key]))))));
}

function sentence(norm, { mean, variance, result }) {
  const statistics = norm.kind === "rms" ? `Mean square ${written(variance)}`
    : `Mean ${written(mean)}, variance ${written(variance)}`;
  return `${statistics}, result ${written(result)}.`;
}
