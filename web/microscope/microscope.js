// The microscope: one unit of a run, followed while it trains.

import { make, setText } from "../kit/dom.js";
import { Transport, Where } from "./controls.js";
import { Course, Values } from "./figures.js";
import { History } from "./history.js";
import { Poll, isResting } from "./poll.js";
import { isFinite_, readAnswer } from "./seen.js";
import { Examples, Shared } from "./tables.js";

const LOST = "The connection is lost. Reconnecting…";
const STATES = { queued: "waiting for a worker", running: "training" };
const NOTES = {
  batch: "x̂ = (x − μ) / s and y = γ x̂ + β, on the last minibatch, with the current weights.",
  none: "This variant has no norm: its output is its input.",
  layer: "Layer norm averages over the units of each example, so the mean and variance of this "
    + "minibatch are not what it uses.",
  group: "Group norm averages over groups of units of each example, so the mean and variance of "
    + "this minibatch are not what it uses.",
  rms: "RMS norm divides by the root of each example's mean square over its units, so the mean "
    + "and variance of this minibatch are not what it uses.",
  batch_centre: "x̂ = x − μ and y = γ x̂ + β: the mean of the minibatch is subtracted; nothing is "
    + "divided.",
  batch_scale: "x̂ = x / s and y = γ x̂ + β: divided by the standard deviation of the minibatch; the "
    + "mean stays.",
  batch_ghost: "Each ghost batch is normalized separately, so the mean and variance of this whole "
    + "minibatch are not what it uses.",
  batch_renorm: "x̂ = (x − μ) / s · r + d, where r and d bring the result closer to what the running "
    + "statistics would give, within limits.",
  batch_noisy: "y is γ x̂ + β, then scaled and shifted at random, differently at each step.",
  batch_frozen: "Batch norm at first; from its step on, x̂ uses the running mean and variance.",
  group_ws: "Group norm after standardized weights: it averages over groups of units of each "
    + "example, so the mean and variance of this minibatch are not what it uses.",
};

export const mount = (root) => new Microscope(root);

class Microscope {
  constructor(root) {
    this.root = root;
    root.microscope = this;
    root.setAttribute("role", "region");
    root.setAttribute("aria-label", "Microscope");
    this.poll = new Poll({ answer: (answer) => this.take(readAnswer(answer)), problem: (text) => this.complain(text) });
    this.looks = null;
    this.presses = 0;
  }

  build({ plotly, figures }) {
    const templates = JSON.parse(figures);
    this.where = new Where((place) => this.look(place));
    this.transport = new Transport((command) => this.command(command));
    this.again = make("button", {
      type: "button", title: "Train the same run again, and watch it from its first step",
      onclick: () => this.tell("again", `${this.data.run} ${this.press()}`),
    }, "From the start");
    this.hold = make("button", {
      type: "button", class: "primary", disabled: true, onclick: () => this.holdNumbers(),
      title: "Open this minibatch, gamma, beta and the gradient in the layer example",
    }, "Hold these numbers");
    this.status = make("span", { class: "status" });
    this.problem = make("p", { class: "problem", role: "alert", hidden: true });
    this.note = make("p", { class: "note" });
    this.said = make("p", { class: "note", role: "status" });
    this.since = make("p", { class: "note since" });
    const place = (kind) => make("div", { class: kind });
    const [values, ...courses] = ["values", "course", "course", "course"].map(place);
    this.shared = new Shared();
    this.examples = new Examples();
    this.root.replaceChildren(this.where.element,
      make("div", { class: "bar" }, this.transport.element, this.again, this.hold, this.status),
      this.problem, this.said, this.note,
      make("div", { class: "now" }, values,
        make("div", { class: "tables" }, this.shared.element, this.examples.element)),
      this.since, make("div", { class: "courses" }, ...courses));
    this.values = new Values(values, plotly, templates.values);
    this.courses = ["mean", "spread", "learned"].map((name, i) => new Course(courses[i], plotly, templates[name]));
  }

  // --- the page's side ---------------------------------------------------------------------------

  show({ data, setTriggerValue }) {
    this.tell = setTriggerValue;
    if (!this.where) this.build(data);
    const isOther = data.run !== this.data?.run;
    this.looks = isOther ? data.looks : Math.max(this.looks, data.looks);
    if (isOther || data.variants !== this.data.variants) this.where.offer(JSON.parse(data.variants));
    if (isOther || data.pace !== this.data.pace || data.can_command !== this.data.can_command) this.transport.offer(data);
    this.data = data;
    // What the page says may be older than what was chosen here.
    if (isOther || data.looks >= this.looks) this.follow(JSON.parse(data.place), isOther);
  }

  leave() {
    this.poll.stop();
    for (const figure of [this.values, ...(this.courses ?? [])]) figure?.leave();
  }

  look(place) {
    this.looks += 1;
    this.follow({ ...place, run: this.data.run });
    this.tell("look", JSON.stringify({ n: this.looks, ...place }));
  }

  follow(place, isOther = false) {
    const key = JSON.stringify([place.variant, place.layer, place.unit]);
    if (!isOther && key === this.key) return;
    this.key = key;
    this.where.put(place);
    this.history = new History();
    this.values.forget();
    this.seen = null;
    this.hold.disabled = true;
    setText(this.said, "");
    const { norm } = this.where.of(place.variant);
    setText(this.note, NOTES[norm] ?? "");
    this.poll.follow({ ...place, run: this.data.run, token: this.data.token });
  }

  command(command) {
    this.tell("command", JSON.stringify({ n: this.press(), command }));
    this.poll.hurry();
  }

  press() {
    this.presses += 1;
    return this.presses;
  }

  /** Give the page the numbers on screen. */
  holdNumbers() {
    const { step, x, weight, bias, eps, grad_y } = this.seen;
    this.tell("held", JSON.stringify({ n: this.press(), x, weight, bias, eps, grad_y }));
    setText(this.said, `The layer example has the numbers of step ${step}.`);
  }

  // --- the server's side -------------------------------------------------------------------------

  take(seen) {
    this.seen = seen;
    this.problem.hidden = true;
    if (this.data.begins && this.begun !== this.data.run) {
      this.begun = this.data.run;
      this.tell("begun", this.data.run);
      this.poll.hurry();
    }
    this.history.add(seen.step, seen);
    this.hold.disabled = !isFinite_(seen);
    this.transport.take(seen);
    setText(this.status, `step ${seen.step} / ${seen.steps} · ${STATES[seen.state] ?? seen.state}`);
    setText(this.since, this.history.steps[0] === 0 ? "Since the first step:"
      : `Since step ${this.history.steps[0]}, when you started watching:`);
    this.schedule();
  }

  complain(text) {
    setText(this.problem, text || LOST);
    this.problem.hidden = false;
  }

  schedule() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      if (this.seen) this.draw();
    });
  }

  draw() {
    const began = performance.now();
    this.shared.take(this.seen);
    this.examples.take(this.seen);
    const isMoving = !isResting(this.seen.state);
    this.values.take(this.seen, isMoving);
    for (const course of this.courses) course.take(this.history, isMoving);
    this.poll.drew(performance.now() - began);
  }
}
