// Dials for the running statistics of batch norm: their momentum, freeze, reset.

import { latest } from "./changes.js";
import { make, options, setText } from "../kit/dom.js";

const MOMENTA = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1];
const CUMULATIVE = "cumulative";
const VARIED = ""; // each variant has its own
const CHOOSING_MS = 400; // arrow keys pass through choices: the one they stop at counts

export class StatisticsDials {
  /** The first argument is the hello's `statistics`. on: {command(document)} */
  constructor({ momentum }, on) {
    this.first = momentum ?? VARIED;
    this.select = make("select", {
      class: "momentum",
      title: "Weight of each new minibatch, from the next step on, for all variants",
      onchange: () => {
        clearTimeout(this.choosing);
        this.choosing = setTimeout(() => this.choose(on), CHOOSING_MS);
      },
    });
    this.freeze = make("button", {
      type: "button", class: "freeze",
      title: "Stop or resume updating the running statistics; training is not affected",
      onclick: () => on.command({ kind: "freeze", frozen: !this.isFrozen }),
    }, "Freeze");
    this.reset = make("button", {
      type: "button", title: "Running mean back to 0, running variance back to 1",
      onclick: () => on.command({ kind: "reset_statistics" }),
    }, "Reset");
    this.element = make("div", {
      class: "statistics", role: "group", "aria-label": "Running statistics",
    },
    make("label", { class: "label" }, "Running statistics: momentum ", this.select),
    this.freeze, this.reset);
    this.offer(this.first);
  }

  choose(on) {
    this.choosing = null;
    const { value } = this.select;
    if (value === VARIED || value === this.shown) return;
    on.command({ kind: "set_momentum", momentum: value === CUMULATIVE ? value : Number(value) });
  }

  /** The choices, including the present one. */
  offer(now) {
    const numbers = [...new Set(typeof now === "number" ? [...MOMENTA, now] : MOMENTA)];
    const values = [...numbers.sort((a, b) => a - b), CUMULATIVE];
    const varied = this.first === VARIED ? [[VARIED, "varies"]] : [];
    this.select.replaceChildren(...options([...varied, ...values.map((value) => [value, String(value)])]));
    this.select.value = String(now);
    this.shown = String(now);
  }

  draw(run) {
    for (const control of [this.select, this.freeze, this.reset]) control.disabled = run.has_ended;
    const momentum = latest(run, "momentum") ?? this.first;
    if (String(momentum) !== this.shown && !this.choosing) this.offer(momentum);
    this.isFrozen = latest(run, "frozen") ?? false;
    this.freeze.classList.toggle("is-on", this.isFrozen);
    const text = this.isFrozen ? "Unfreeze" : "Freeze";
    setText(this.freeze, text);
  }
}
