// All numbers of the layer as tables: the given ones in boxes, the computed ones highlighted by
// what depends on what.

import { make } from "../kit/dom.js";
import { Dials } from "./dials.js";
import { Draft } from "./draft.js";
import { moveByKey } from "./keys.js";
import { isAmong } from "./layer.js";
import { Block } from "./table.js";
import { relations } from "./words.js";

// Each table comes with what its columns give: the mean is under the values it is the mean of.
const FORWARD = [
  { matrix: "x", below: ["mean"] },
  { matrix: "centred", below: ["variance", "std"] },
  { matrix: "x_hat" },
  { matrix: "y", above: ["weight", "bias"] },
];
const BACKWARD = [
  { matrix: "grad_y", below: ["grad_bias", "grad_weight"] },
  { matrix: "grad_x_hat", below: ["grad_variance", "grad_mean"] },
  { matrix: "grad_x" },
];
const LEGEND = [
  ["subject", "picked"], ["source", "what it is computed from"], ["use", "what is computed from it"],
];

export class Numbers {
  constructor(root, store) {
    this.store = store;
    // With the place, so that the address that the page then writes is that of this browser.
    this.draft = new Draft((draft) => this.tellPage("draft", JSON.stringify({ ...draft, place: store.place })));
    this.problem = make("p", { class: "problem", role: "alert", hidden: true });
    this.dials = new Dials(store, this.draft);
    this.relations = make("p", { class: "relations" });
    this.blocks = [...FORWARD, ...BACKWARD].map((parts) => new Block(parts, store, this.draft));
    const forward = this.blocks.slice(0, FORWARD.length);
    const backward = this.blocks.slice(FORWARD.length);
    this.tables = make("div", { class: "tables" },
      group("Forward", [...forward, this.dials]), group("Backward", backward));
    root.replaceChildren(this.problem, legend(), this.relations, this.tables);
    this.tables.addEventListener("keydown", moveByKey);
    this.listenToPointer();
    this.stop = store.listen((what) => this.draw(what));
  }

  show({ data, setStateValue }) {
    this.tellPage = setStateValue;
    if (data.facts === this.text) return;
    this.text = data.facts;
    const facts = JSON.parse(data.facts);
    this.draft.answer(facts);
    this.problem.textContent = facts.problem ?? "";
    this.problem.hidden = !facts.problem;
    this.store.take(facts);
  }

  leave() {
    this.stop();
  }

  listenToPointer() {
    const numberAt = (event) => event.target.closest?.("[data-cell]")?.number ?? null;
    this.tables.addEventListener("pointerover", (event) => {
      if (event.pointerType === "touch") return;
      const number = numberAt(event);
      this.store.hover(number && this.store.layer.stepOf(number.name) <= this.store.step ? number : null);
    });
    this.tables.addEventListener("pointerleave", () => this.store.hover(null));
    this.tables.addEventListener("click", (event) => {
      const number = numberAt(event);
      if (number) this.store.pick(number);
    });
  }

  draw(what) {
    const { layer, step, picked, hovered } = this.store;
    if (!layer) return;
    if (what === "numbers") for (const block of this.blocks) block.take(layer);
    if (what !== "hover") {
      for (const block of this.blocks) block.fill(layer, step, picked);
      this.dials.draw();
      this.relations.textContent = relations(picked, layer);
    }
    const subject = hovered ?? picked;
    this.light(layer, subject, layer.sources(subject), layer.uses(subject));
  }

  /** Highlight a number, what it is computed from, and what is computed from it. */
  light(layer, subject, sources, uses) {
    const kindOf = (number) => {
      if (subject.column !== null && number.column !== null && subject.column !== number.column) return "";
      if (number.name === subject.name && number.row === subject.row) return "subject";
      for (const [kind, { direct, far }] of [["source", sources], ["use", uses]]) {
        if (isAmong(direct, number)) return kind;
        if (isAmong(far, number)) return `${kind} far`;
      }
      return "";
    };
    for (const block of this.blocks) block.light(kindOf);
    this.dials.light(kindOf);
  }
}

function group(title, blocks) {
  return make("section", { class: "group", "aria-label": title },
    make("h3", {}, title), make("div", { class: "blocks" }, ...blocks.map(({ element }) => element)));
}

function legend() {
  const mark = ([kind, words]) => make("span", {}, make("i", { class: `lit ${kind}` }, "1.5"), ` ${words}`);
  return make("p", { class: "legend" }, ...LEGEND.map(mark), make("span", {}, "fainter: indirectly"));
}
