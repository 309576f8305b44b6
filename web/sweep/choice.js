// Which metric the maps show, and at which step of training.

import { make, options, setText } from "../kit/dom.js";

export class Choice {
  /** look({metric} or {at}): what the learner wants to see */
  constructor({ metrics, eval_steps: steps }, look) {
    Object.assign(this, { metrics, steps });
    this.metric = make("select", { onchange: () => look({ metric: this.metric.value }) },
      ...options(metrics.map(({ name, title }) => [name, title])));
    this.words = make("span", { class: "label" });
    this.slider = make("input", {
      type: "range", min: 0, max: steps.length - 1, step: 1, value: 0, class: "scrub", "aria-label": "Step shown",
      oninput: () => look({ at: Number(this.slider.value) }),
    });
    this.live = make("button", {
      type: "button", class: "small", hidden: true, title: "Back to the newest numbers", onclick: () => look({ at: null }),
    }, "Back to now");
    this.place = make("output", { class: "status" });
    this.element = make("div", { class: "choice" },
      make("div", { class: "bar" }, make("label", { class: "label" }, "Shown ", this.metric), this.words),
      make("div", { class: "scrubber" }, this.slider, this.live, this.place));
  }

  /** The newest evaluation that any network has reached, and what is shown. */
  draw({ newest }, view) {
    this.newest = newest;
    this.follow(view);
  }

  follow({ metric, at }) {
    const { words, has_time: hasTime } = this.metrics.find(({ name }) => name === metric);
    this.metric.value = metric;
    setText(this.words, words);
    const shown = at ?? this.newest ?? 0;
    this.slider.disabled = !hasTime;
    if (document.activeElement !== this.slider || at === null) this.slider.value = shown;
    const last = this.steps.at(-1);
    const place = at === null ? `step ${this.steps[shown]} / ${last}` : `looking back at step ${this.steps[shown]} / ${last}`;
    const text = hasTime ? place : "known at the end";
    setText(this.place, text);
    this.slider.setAttribute("aria-valuetext", `step ${this.steps[shown]}`);
    this.live.hidden = at === null;
  }
}
