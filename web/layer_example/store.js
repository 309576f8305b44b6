// What the parts of the layer example share: the numbers, the step, the picked and the hovered one.

import { Layer } from "./layer.js";

class Store {
  constructor() {
    this.layer = null;
    this.step = 1;
    this.picked = { name: "mean", row: null, column: 0 };
    this.wanted = null; // what the page says is picked, while its numbers are still to come
    this.hovered = null;
    this.generation = null;
    this.listeners = new Set();
  }

  /** Call back with "numbers", "place" or "hover" whenever that changes; returns what stops it. */
  listen(callback) {
    this.listeners.add(callback);
    return () => this.listeners.delete(callback);
  }

  tell(what) {
    for (const callback of this.listeners) callback(what);
  }

  /** New numbers from the page. */
  take(facts) {
    this.layer = new Layer(facts);
    this.hovered = null;
    this.picked = this.layer.nearest(this.wanted ?? this.picked);
    this.wanted = null;
    this.tell("numbers");
  }

  /** Take the place from the page, unless the learner has moved on since; whether it was taken. */
  adopt({ generation, step, picked }) {
    if (generation === this.generation) return false;
    this.generation = generation;
    this.step = step;
    const [name, ...index] = picked.split(".");
    const places = index.map(Number);
    this.wanted = { name, row: places.length > 1 ? places[0] : null, column: places.at(-1) ?? null };
    this.picked = this.layer ? this.layer.nearest(this.wanted) : this.wanted;
    this.hovered = null;
    this.tell("place");
    return true;
  }

  /** Where the learner is, in the page's terms. */
  get place() {
    return { generation: this.generation, step: this.step, picked: key(this.picked) };
  }

  /** Pick a number; if it is not computed yet, advance to its step. */
  pick(number) {
    this.step = Math.max(this.step, this.layer.stepOf(number.name));
    this.picked = number;
    this.wanted = null;
    this.tell("place");
  }

  /** Go to a step and pick what it computes, for the unit and example picked last. */
  go(step) {
    const last = this.layer.operations.length;
    this.step = Math.min(Math.max(step, 0), last);
    const { name } = this.step ? this.layer.operations[this.step - 1] : { name: "x" };
    const row = this.picked.row ?? this.lastRow ?? 0;
    this.lastRow = row;
    this.picked = this.layer.nearest({ name, row, column: this.picked.column ?? 0 });
    this.wanted = null;
    this.tell("place");
  }

  hover(number) {
    if (key(number) === key(this.hovered)) return;
    this.hovered = number;
    this.tell("hover");
  }
}

/** A number's name in a link, as x_hat.0.2. */
export function key(number) {
  if (!number) return "";
  return [number.name, number.row, number.column].filter((part) => part !== null).join(".");
}

export const store = new Store();
