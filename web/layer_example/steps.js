// Forward and backward, one operation at a time: buttons, keys, and the graph of the operations.

import { isFree } from "../kit/keys.js";
import { button, make, setText } from "../kit/dom.js";
import { Graph } from "./graph.js";
import { digits, relations } from "./words.js";

const TELL_MS = 60; // of rest before the page's script is told: keys may repeat
const ADDRESS_MS = 250; // the page writes the address too, but later than a quick learner moves on

export class Steps {
  constructor(root, store) {
    this.store = store;
    this.root = root;
    root.setAttribute("role", "region");
    root.setAttribute("aria-label", "Step through the layer");
    this.buttons = {
      first: button("Start", "To the start (Home)", () => this.go(0)),
      back: button("◀ Back", "One step back (Left)", () => this.go(this.store.step - 1)),
      next: button("Step ▶", "One step forward (Right)", () => this.go(this.store.step + 1), { class: "primary" }),
      last: button("End", "To the end (End)", () => this.go(Infinity)),
    };
    this.where = make("span", { class: "where" });
    this.said = make("div", { class: "unseen", "aria-live": "polite" });
    this.graph = new Graph((name) => this.choose(name));
    root.replaceChildren(
      make("div", { class: "transport" }, ...Object.values(this.buttons), this.where),
      this.graph.element, this.said);
    this.onKey = (event) => this.press(event);
    document.addEventListener("keydown", this.onKey);
    this.stop = store.listen((what) => this.follow(what));
    this.clock = setInterval(() => this.address(), ADDRESS_MS);
  }

  show({ data, setStateValue }) {
    this.tellPage = setStateValue;
    if (this.store.adopt(JSON.parse(data.place))) this.told = JSON.stringify(this.store.place);
    this.draw();
  }

  leave() {
    this.stop();
    clearInterval(this.clock);
    document.removeEventListener("keydown", this.onKey);
  }

  go(step) {
    if (this.store.layer) this.store.go(step);
  }

  choose(name) {
    const step = this.store.layer.stepOf(name);
    if (step) this.go(step);
    else this.store.pick(this.store.layer.nearest({ ...this.store.picked, name }));
  }

  press(event) {
    if (!isFree(event, this.root) && !this.root.contains(document.activeElement)) return;
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    const { step } = this.store;
    const target = { ArrowRight: step + 1, ArrowLeft: step - 1, Home: 0, End: Infinity }[event.key];
    if (target === undefined) return;
    event.preventDefault();
    this.go(target);
  }

  follow(what) {
    if (what === "hover") return;
    this.draw();
    if (what === "place") this.tell();
  }

  /** Tell the page's script, which writes the formula. */
  tell() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      const place = JSON.stringify(this.store.place);
      if (place === this.told) return;
      this.told = place;
      this.tellPage?.("place", place);
    }, TELL_MS);
  }

  /** The place in the address, instead of the one before: so going back undoes edits. */
  address() {
    const { step, picked } = this.store.place;
    const query = location.search.replace(/\bstep=\d+&pick=[\w.]+/, `step=${step}&pick=${picked}`);
    if (query !== location.search) history.replaceState(history.state, "", location.pathname + query);
  }

  draw() {
    const { layer, step, picked } = this.store;
    if (!layer) return;
    const last = layer.operations.length;
    const operation = layer.operations[step - 1];
    this.buttons.first.disabled = this.buttons.back.disabled = step === 0;
    this.buttons.next.disabled = this.buttons.last.disabled = step === last;
    this.where.textContent = operation ? `Step ${step} of ${last}: ${operation.title}` : `${last} steps to go`;
    this.graph.draw(layer, step, picked.name);
    const words = operation && operation.name === picked.name ? `Step ${step} of ${last}. ${operation.words} ` : "";
    const said = `${words}Value ${digits(layer.valueOf(picked))}. ${relations(picked, layer)}`;
    setText(this.said, said);
  }
}
