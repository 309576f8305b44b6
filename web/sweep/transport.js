// Play, pause and stop of a sweep, how far it is, and what can be saved of it.

import { make, setText } from "../kit/dom.js";
import { Progress } from "../kit/progress.js";

export class Transport extends Progress {
  constructor(hello, sweep) {
    const { hidden, token } = sweep.data;
    const play = make("button", { type: "button", class: "primary play", onclick: () => this.toggle() });
    const stop = make("button", {
      type: "button", title: "Stop this sweep; what is done stays", onclick: () => sweep.command({ kind: "stop" }),
    }, "Stop");
    const controls = make("div", { class: "bar", role: "group", "aria-label": "Run controls" }, play, stop);
    const path = (name) => `api/run/${hello.run.id}/${name}?token=${token}`;
    super(hello, {
      controls: hidden.includes("transport") ? null : controls,
      files: hidden.includes("export") ? [] : [["CSV", path("sweep.csv")], ["JSON", path("sweep.json")]],
      watching: "You are watching; only the browser that started this sweep controls it.",
    });
    Object.assign(this, { sweep, play, controls });
  }

  get canAct() {
    return this.isOwner && this.progress !== undefined && !this.run.has_ended
      && !this.sweep.data.hidden.includes("transport");
  }

  toggle() {
    if (this.canAct) this.sweep.command({ kind: this.run.state === "paused" ? "resume" : "pause" });
  }

  draw(update) {
    super.draw(update);
    const isPaused = this.run.state === "paused";
    setText(this.play, isPaused ? "▶ Play" : "❚❚ Pause");
    this.play.setAttribute("aria-label", isPaused ? "Play (Space)" : "Pause (Space)");
    this.controls.hidden = this.run.has_ended;
  }
}
