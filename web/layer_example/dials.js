// Sliders, with a box each: gamma and beta of the picked unit, and epsilon on a logarithmic scale.

import { make } from "../kit/dom.js";
import { commit } from "./keys.js";
import { fitting } from "./words.js";

const WIDE = 3; // gamma and beta from -3 to 3, or further if they are
const [LEAST_POWER, MOST_POWER] = [-12, 2];
const NONE = LEAST_POWER - 0.5; // the left end of epsilon's slider: 0

const PLAIN = {
  at: Number,
  text: (position) => String(Number(position.toFixed(2))),
  range: (value) => [Math.min(-WIDE, value), Math.max(WIDE, value), 0.05],
};
const LOGARITHMIC = {
  at: (value) => (value > 0 ? Math.log10(value) : NONE),
  text: (position) => (position <= NONE ? "0" : (10 ** position).toExponential(0)),
  range: () => [NONE, MOST_POWER, 0.5],
};

export class Dials {
  constructor(store, draft) {
    this.store = store;
    this.draft = draft;
    this.dials = [
      this.dial("weight", "gamma γ", PLAIN), this.dial("bias", "beta β", PLAIN), this.dial("eps", "epsilon ε", LOGARITHMIC),
    ];
    this.element = make("div", { class: "dials" }, ...this.dials.map(({ element }) => element));
  }

  dial(name, label, scale) {
    const words = make("span", { class: "label" }, label);
    const slider = make("input", { type: "range" });
    const box = make("input", { type: "text", autocomplete: "off", spellcheck: "false" });
    const number = () => this.numberOf(name);
    slider.addEventListener("input", () => {
      box.value = scale.text(slider.valueAsNumber);
      this.draft.set(number(), box.value, { moves: true });
    });
    slider.addEventListener("change", () => this.draft.set(number(), scale.text(slider.valueAsNumber)));
    box.addEventListener("change", () => this.draft.set(number(), box.value));
    box.addEventListener("focus", () => {
      box.value = box.given;
      box.select();
    });
    box.addEventListener("blur", () => this.draw());
    box.addEventListener("keydown", (event) => {
      if (event.key === "Enter") commit(box);
    });
    slider.addEventListener("focus", () => this.store.pick(number()));
    box.addEventListener("pointerdown", () => this.store.pick(number()));
    return { name, label, scale, words, slider, box, element: make("div", { class: "dial" }, words, slider, box) };
  }

  numberOf(name) {
    return { name, row: null, column: name === "eps" ? null : this.store.picked.column ?? this.column ?? 0 };
  }

  draw() {
    this.column = this.store.picked.column ?? this.column ?? 0;
    for (const { name, label, scale, words, slider, box } of this.dials) {
      const text = this.draft.textOf(this.numberOf(name));
      const called = name === "eps" ? label : `${label}, unit ${this.column + 1}`;
      words.textContent = called;
      slider.setAttribute("aria-label", called);
      slider.setAttribute("aria-valuetext", text);
      box.setAttribute("aria-label", `${called}, as a number`);
      place(slider, scale, Number(text.replace(",", ".")));
      const hasFocus = document.activeElement === box;
      if (!hasFocus) box.value = fitting(text);
      else if (box.value === box.given) box.value = text;
      box.given = text;
    }
  }

  light(kindOf) {
    for (const { name, words } of this.dials) {
      const kind = kindOf(this.numberOf(name));
      words.className = kind ? `label lit ${kind}` : "label";
    }
  }
}

/** Set a slider to a value; a wrong entry is soon answered with the last valid one. */
function place(slider, scale, value) {
  if (!Number.isFinite(value)) return;
  [slider.min, slider.max, slider.step] = scale.range(value);
  const isThere = Math.abs(slider.valueAsNumber - scale.at(value)) < 1e-9;
  if (!isThere) slider.value = scale.at(value);
}
