// Play, pause, step, stop, restart, pace, learning rate, and the slider through the frames.

import { latest, whatChanged } from "./changes.js";
import { button, make, setText } from "../kit/dom.js";
import { short } from "../kit/numbers.js";
import { StatisticsDials } from "./statistics.js";

const MOST_STEPS = 100000; // as bnlab/lab/workers/protocol/commands.py allows
const PACES = [1, 5, 20, 60, 200, 0]; // steps per second; 0: as fast as possible
const paceText = (pace) => (pace === 0 ? "Full" : short(pace));

export class Transport {
  /** on: {state, command(document), restart(keep), seek(step, toward), complain(text)} */
  constructor(state, on, { hidden, menus }) {
    this.on = on;
    this.hello = state.hello;
    this.isOwner = state.hello.can_command;
    const isHidden = (...names) => names.some((name) => hidden.includes(name));
    this.build();
    const run = [
      isHidden("transport") ? null : make("div", { class: "group" },
        this.play, this.step, this.stepMany, this.stop),
      isHidden("restart") ? null : this.restart,
    ];
    const dials = [
      isHidden("pace") ? null : this.pace,
      isHidden("optimizer", "optimizer.lr") ? null : this.learningRate,
      isHidden("statistics") ? null : this.statistics?.element,
    ];
    const watching = make("p", { class: "watching" },
      "You are watching; only the browser that started this run controls it.");
    this.element = make("div", { class: "transport" },
      make("div", { class: "bar", role: "group", "aria-label": "Run controls" },
        ...(this.isOwner ? run : [watching, this.restart])),
      make("div", { class: "bar", role: "group", "aria-label": "Dials and panels" },
        ...(this.isOwner ? dials : []), menus),
      this.question, this.scrubber);
  }

  build() {
    this.play = button("", "Pause (Space)", () => this.toggle(), { class: "primary play" });
    this.step = button("Step", "One step (Right arrow)", () => this.advance(1));
    const count = make("input", {
      type: "number", min: 1, max: MOST_STEPS, value: 10, "aria-label": "How many steps", class: "count",
    });
    const many = button("Go", "Advance by this many steps", () => this.advance(Number(count.value)));
    this.stepMany = make("span", { class: "joined" }, count, many);
    this.count = count;
    this.stop = button("Stop", "Stop this run", () => this.on.command({ kind: "stop" }));
    this.restart = button(this.isOwner ? "Restart" : "Run it yourself",
      this.isOwner ? "Start again from the same seed" : "Start a run of your own with these settings",
      () => this.ask());
    this.buildPace();
    this.buildLearningRate();
    const { statistics } = this.hello;
    this.statistics = statistics && new StatisticsDials(statistics, this.on);
    this.buildScrubber();
    this.question = make("div", { class: "question", hidden: true, role: "group" });
  }

  buildPace() {
    const paces = PACES.includes(this.hello.run.pace) ? PACES
      : [...PACES.slice(0, -1), this.hello.run.pace].sort((a, b) => a - b).concat(0);
    this.paces = paces.map((pace) => make("button", {
      type: "button", role: "radio", "data-pace": pace,
      "aria-label": pace === 0 ? "as fast as possible" : `${pace} steps per second`,
      onclick: () => this.on.command({ kind: "pace", steps_per_s: pace }),
    }, paceText(pace)));
    this.pace = make("div", { class: "pace", role: "radiogroup", "aria-label": "Pace" },
      make("span", { class: "label" }, "Steps / s"), make("span", { class: "joined" }, ...this.paces));
    this.pace.addEventListener("keydown", (event) => {
      const move = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      const place = this.paces.indexOf(document.activeElement);
      if (!move || place < 0) return;
      event.preventDefault();
      const next = this.paces[(place + move + this.paces.length) % this.paces.length];
      next.focus();
      next.click();
    });
  }

  buildLearningRate() {
    const input = make("input", {
      type: "text", inputmode: "decimal", size: 6, "aria-label": "Learning rate", class: "rate",
    });
    this.rate = input;
    this.learningRate = make("form", {
      class: "learning-rate",
      onsubmit: (event) => {
        event.preventDefault();
        const lr = Number(input.value.replace(",", "."));
        if (lr >= 1e-7 && lr <= 1000) this.on.command({ kind: "set_lr", lr });
        else this.on.complain("The learning rate must be a number from 1e-7 to 1000 "
          + `(got ${input.value || "nothing"}).`);
      },
    }, make("label", { class: "label" }, "Learning rate ", input),
    make("button", { type: "submit", title: "From the next step on, for all variants" }, "Set"));
  }

  buildScrubber() {
    this.slider = make("input", {
      type: "range", min: 0, max: this.hello.steps, step: 1, value: 0, class: "scrub",
      "aria-label": "Step shown",
    });
    this.slider.addEventListener("input", () => this.on.seek(Number(this.slider.value), -1));
    this.slider.addEventListener("keydown", (event) => {
      const move = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
      if (!move) return; // page, home and end keys are the slider's own
      event.preventDefault();
      this.on.seek(Math.max(0, this.shown + move), move);
    });
    this.live = make("button", {
      type: "button", class: "small live", title: "Back to the newest step",
      onclick: () => this.on.seek(null, -1),
    }, "Back to now");
    this.status = make("output", { class: "status" });
    this.scrubber = make("div", { class: "scrubber" }, this.slider, this.live, this.status);
  }

  // --- what is asked -----------------------------------------------------------------------------

  get canAct() {
    return this.isOwner && !this.run?.has_ended;
  }

  toggle() {
    if (!this.canAct) return;
    this.on.command({ kind: this.run.state === "paused" ? "resume" : "pause" });
  }

  advance(n) {
    if (!this.canAct) return;
    if (Number.isInteger(n) && n >= 1 && n <= MOST_STEPS) this.on.command({ kind: "step", n });
    else this.on.complain(`The number of steps must be a whole number from 1 to ${MOST_STEPS} (got ${n}).`);
  }

  /** Restart, after asking whether to keep what was changed during the run. */
  ask() {
    const { interventions } = this.on.state.run; // the newest: what is drawn may be older
    if (!interventions.length) {
      this.on.restart(false);
      return;
    }
    const choice = (text, act) => make("button", {
      type: "button",
      onclick: () => {
        this.question.hidden = true;
        this.restart.focus();
        act();
      },
    }, text);
    this.question.replaceChildren(
      make("span", {}, whatChanged(interventions)),
      choice("Restart with these changes", () => this.on.restart(true)),
      choice("Restart without", () => this.on.restart(false)),
      choice("Cancel", () => {}));
    this.question.hidden = false;
    this.question.querySelector("button").focus();
  }

  // --- what is shown -----------------------------------------------------------------------------

  draw(state, connection) {
    const { run } = state;
    this.run = run;
    this.shown = state.seek === null ? run.step : state.step;
    const isPaused = run.state === "paused";
    setText(this.play, isPaused ? "▶ Play" : "❚❚ Pause");
    this.play.setAttribute("aria-label", isPaused ? "Play (Space)" : "Pause (Space)");
    const inputs = this.stepMany.querySelectorAll("input, button");
    for (const control of [this.play, this.step, this.stop, ...inputs, ...this.paces,
      ...this.learningRate.querySelectorAll("input, button")]) {
      control.disabled = run.has_ended;
    }
    if (this.isOwner) setText(this.restart, run.has_ended ? "↻ Run again" : "↻ Restart");
    for (const pace of this.paces) {
      const isChosen = Number(pace.dataset.pace) === run.pace;
      pace.setAttribute("aria-checked", String(isChosen));
      pace.tabIndex = isChosen ? 0 : -1;
    }
    if (!this.paces.some(({ tabIndex }) => tabIndex === 0)) this.paces[0].tabIndex = 0;
    const lr = latest(run, "lr") ?? this.hello.lr;
    if (document.activeElement !== this.rate && this.lr !== lr) this.rate.value = String(lr);
    this.lr = lr;
    this.statistics?.draw(run);
    if (document.activeElement !== this.slider || state.seek === null) this.slider.value = this.shown;
    this.slider.setAttribute("aria-valuetext", `step ${this.shown}`);
    this.live.hidden = state.seek === null;
    this.drawStatus(state, connection);
  }

  drawStatus(state, connection) {
    const { run } = state;
    const place = state.seek === null ? `step ${run.step} / ${this.hello.steps}`
      : `looking back at step ${state.step} (now ${run.step} / ${this.hello.steps})`;
    const speed = state.speed.value;
    const isFast = run.state === "running" && Number.isFinite(speed);
    const words = connection === "open" ? run.state : "reconnecting…";
    setText(this.status, [
      place, isFast ? `${Math.round(speed)} steps/s` : null, run.device || null, words,
    ].filter(Boolean).join(" · "));
  }
}
