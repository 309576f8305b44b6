// What this browser knows about one run, and what is computed from it.

import { Series } from "./curves.js";
import { spread } from "../kit/numbers.js";
import { Recorded } from "./recorded.js";

export const HISTORY_COLUMNS = 240;
const TIMED_FRAMES = 41;
const STATUS = { TRAINING: 0, DIVERGED: 1, REACHED_TARGET: 2 };

export class RunState {
  constructor(hello) {
    this.hello = hello;
    this.run = hello.run;
    this.variants = hello.variants.map((variant, index) => ({
      ...variant,
      index,
      members: Array.from({ length: variant.end - variant.first }, (_, i) => variant.first + i),
    }));
    this.losses = new Series("loss_steps", ["train_loss"]);
    this.evaluations = new Series("eval_steps", [
      "validation_loss", "validation_accuracy", "exact_accuracy",
    ]);
    this.frame = null;
    this.step = 0; // of the frame shown
    this.seek = null;
    this.header = {};
    this.history = null;
    this.recorded = new Recorded();
    this.comments = [];
    this.outcome = null;
    this.speed = new Speed();
    this.stepTimes = []; // ms per step of each member, in the last frames
  }

  /** Take an update: {meta, arrays}. */
  take({ meta, arrays }) {
    this.run = meta.run;
    this.seek = meta.seek;
    this.comments = meta.comments;
    this.outcome = meta.outcome;
    this.losses.take(arrays, meta.is_whole);
    this.evaluations.take(arrays, meta.is_whole);
    for (const [name, array] of Object.entries(arrays)) {
      if (name.startsWith("header/")) this.header[name.slice(7)] = array;
    }
    if (meta.step !== undefined) {
      this.step = meta.step;
      // Quantities and pictures not sent this time stay as they were.
      this.frame = { ...this.frame, ...arrays };
      if (meta.quantity) this.frame.quantity = meta.quantity;
      if (arrays.step_ms) {
        this.stepTimes = [...this.stepTimes.slice(1 - TIMED_FRAMES), arrays.step_ms.data];
      }
    }
    if (meta.history) this.takeHistory(meta.history, arrays);
    if (meta.statistics) this.recorded.take(meta.statistics, arrays);
    this.speed.note(this.run.step, this.run.state);
  }

  takeHistory(meta, arrays) {
    const part = {
      steps: arrays["history/steps"], counts: arrays["history/counts"],
      under: arrays["history/under"], over: arrays["history/over"],
      percentiles: arrays["history/percentiles"],
    };
    if (meta.is_whole || !this.history) this.history = { ...meta, parts: [] };
    const { parts } = this.history;
    const count = part.steps.shape[0];
    // One frame per column of the picture is enough: the newest.
    const columnOf = ({ steps }) => Math.floor((steps.data[0] * HISTORY_COLUMNS) / this.hello.steps);
    const isSame = count === 1 && parts.length > 1 && columnOf(parts.at(-1)) === columnOf(part);
    if (isSame) parts.pop();
    if (count) parts.push(part);
  }

  get isMoving() {
    return this.seek === null && (this.run.state === "running" || this.run.state === "queued");
  }

  /** The per-layer values of a variant's members: one array per member. */
  perLayer(name, variant) {
    const array = this.frame?.[name];
    if (!array) return [];
    const width = array.shape[1];
    return variant.members.map((member) => array.data.subarray(member * width, (member + 1) * width));
  }

  /** Median and range over a variant's members, for each layer. */
  overLayers(name, variant, count) {
    const rows = this.perLayer(name, variant);
    return Array.from({ length: count }, (_, layer) => spread(rows.map((values) => values[layer])));
  }

  /** The layers of a quantity in the watched member of a variant. */
  watched(name, variant) {
    const array = this.frame?.[name];
    if (!array) return null;
    const size = array.data.length / array.shape[0];
    return array.data.subarray(variant.index * size, (variant.index + 1) * size);
  }

  /** The numbers of one row of the table, at the step shown. */
  summary(variant) {
    const { losses, evaluations, hello } = this;
    const now = this.seek === null ? this.run.step : this.step;
    const until = evaluations.countUntil(now);
    const steps = evaluations.steps.values;
    const target = Math.fround(hello.target); // compared in single precision, as in Python
    const best = [];
    const reached = [];
    for (const member of variant.members) {
      const accuracy = evaluations.values("validation_accuracy", member);
      let highest = NaN;
      let first = Infinity;
      for (let place = 0; place < until; place += 1) {
        const value = accuracy[place];
        if (!(value <= highest)) highest = Number.isNaN(value) ? highest : value;
        if (first === Infinity && value >= target) first = steps[place];
      }
      best.push(highest);
      reached.push(first);
    }
    return {
      loss: spread(losses.at("train_loss", variant.members, now)),
      accuracy: spread(evaluations.at("validation_accuracy", variant.members, now)),
      best: spread(best),
      reached: medianWithNever(reached),
      arrived: reached.filter(Number.isFinite).length,
      stepMs: spread(variant.members.map((member) => this.usualStepMs(member))),
      diverged: this.ofMembers("status", variant).filter((s) => s === STATUS.DIVERGED).length,
      n: variant.members.length,
    };
  }

  /** The median over the last frames: in a single frame it may be the time of one slow step. */
  usualStepMs(member) {
    return spread(this.stepTimes.map((times) => times[member])).middle;
  }

  ofMembers(name, variant) {
    const array = this.frame?.[name];
    return array ? variant.members.map((member) => array.data[member]) : [];
  }
}

function medianWithNever(steps) {
  const sorted = [...steps].sort((a, b) => a - b);
  return sorted[(sorted.length - 1) >> 1];
}

/** Steps per second, over the last second or so. */
class Speed {
  constructor() {
    this.notes = [];
  }

  note(step, state) {
    const now = performance.now();
    const last = this.notes.at(-1);
    if (state !== "running" || (last && step < last.step)) this.notes = [];
    if (!last || step !== last.step) this.notes.push({ step, now });
    while (this.notes.length > 2 && now - this.notes[0].now > 1500) this.notes.shift();
  }

  get value() {
    if (this.notes.length < 2) return NaN;
    const [first, last] = [this.notes[0], this.notes.at(-1)];
    return (1000 * (last.step - first.step)) / (last.now - first.now);
  }
}
