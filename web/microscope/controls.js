// Where to look, and for the owner of the run: play, pause, step and pace.

import { button, make, options, setText } from "../kit/dom.js";
import { short } from "../kit/numbers.js";
import { hasEnded } from "./poll.js";

const PACES = [1, 5, 20, 60, 200, 0]; // steps per second; 0: as fast as possible

/** Variant, layer and unit. */
export class Where {
  /** choose(place): the learner looks elsewhere; names and numbers as in a link */
  constructor(choose) {
    this.choose = choose;
    const changed = () => this.changed();
    this.variant = make("select", { "aria-label": "Variant", onchange: changed });
    this.layer = make("select", { "aria-label": "Layer", onchange: changed });
    this.unit = make("input", { type: "number", min: 1, "aria-label": "Unit", class: "unit", onchange: changed });
    const of = (label, control) => make("label", { class: "label" }, `${label} `, control);
    this.element = make("div", { class: "bar where", role: "group", "aria-label": "Where to look" },
      of("Variant", this.variant), of("Layer", this.layer), of("Unit", this.unit));
  }

  /** The variants of a run: [{name, depth, width, norm, …}] */
  offer(variants) {
    this.variants = variants;
    this.variant.replaceChildren(...options(variants.map(({ name }) => [name, name])));
  }

  put(place) {
    this.variant.value = place.variant;
    const { depth, width } = this.of(place.variant);
    this.layer.replaceChildren(...options(Array.from({ length: depth }, (_, i) => [i, String(i + 1)])));
    this.layer.value = place.layer;
    this.unit.max = width;
    this.unit.value = Number(place.unit) + 1;
    this.unit.title = `1 to ${width}`;
  }

  of(name) {
    return this.variants.find((variant) => variant.name === name);
  }

  changed() {
    const { depth, width } = this.of(this.variant.value);
    const within = (value, count) => String(Math.min(Math.max(Math.round(value) || 0, 0), count - 1));
    const place = {
      variant: this.variant.value,
      layer: within(Number(this.layer.value), depth),
      unit: within(Number(this.unit.value) - 1, width),
    };
    this.put(place);
    this.choose(place);
  }
}

/** Play, pause, step, pace. */
export class Transport {
  constructor(command) {
    this.play = button("❚❚ Pause", "Pause the run",
      () => command({ kind: this.isPaused ? "resume" : "pause" }), { class: "play" });
    this.step = button("Step", "One training step", () => command({ kind: "step", n: 1 }));
    this.pace = make("select", {
      "aria-label": "Steps per second",
      onchange: () => command({ kind: "pace", steps_per_s: Number(this.pace.value) }),
    });
    this.controls = make("div", { class: "bar", role: "group", "aria-label": "Run controls" },
      this.play, this.step, make("label", { class: "label" }, "Steps / s ", this.pace));
    this.watching = make("p", { class: "watching" },
      "You are watching; only the browser that started this run controls it.");
    this.element = make("div", {}, this.controls, this.watching);
  }

  offer({ can_command: canCommand, pace }) {
    this.controls.hidden = !canCommand;
    this.watching.hidden = canCommand;
    const paces = PACES.includes(pace) ? PACES : [pace, ...PACES].sort((a, b) => (a || Infinity) - (b || Infinity));
    this.pace.replaceChildren(...options(paces.map((value) => [value, value ? short(value) : "Full"])));
    this.pace.value = pace;
  }

  take({ state }) {
    this.isPaused = state === "paused";
    setText(this.play, this.isPaused ? "▶ Play" : "❚❚ Pause");
    const words = this.isPaused ? "Resume the run" : "Pause the run";
    this.play.title = words;
    this.play.setAttribute("aria-label", words);
    for (const control of [this.play, this.step, this.pace]) control.disabled = hasEnded(state);
  }
}
