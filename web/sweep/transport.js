// Play, pause and stop of a sweep, how far it is, and what can be saved of it.

import { make } from "../kit/dom.js";

export class Transport {
  constructor({ can_command: canCommand, run }, sweep) {
    this.sweep = sweep;
    this.isOwner = canCommand;
    const { hidden, token } = sweep.data;
    this.play = make("button", { type: "button", class: "primary play", onclick: () => this.toggle() });
    this.stop = make("button", {
      type: "button", title: "Stop this sweep; what is done stays", onclick: () => sweep.command({ kind: "stop" }),
    }, "Stop");
    this.controls = make("div", { class: "bar", role: "group", "aria-label": "Run controls" }, this.play, this.stop);
    const watching = make("p", { class: "watching" },
      "You are watching; the browser that started this sweep commands it.");
    this.bar = make("progress", { max: 1, value: 0, "aria-label": "Progress" });
    this.status = make("output", { class: "status" });
    const link = (text, name) => make("a", {
      class: "export", download: "", href: new URL(`api/run/${run.id}/${name}?token=${token}`, document.baseURI),
    }, text);
    const saved = hidden.includes("export") ? null
      : make("span", { class: "saved" }, "Export: ", link("CSV", "sweep.csv"), " ", link("JSON", "sweep.json"));
    const isShown = !hidden.includes("transport");
    this.element = make("div", { class: "transport" },
      this.isOwner ? (isShown ? this.controls : null) : watching, this.bar, this.status, saved);
    this.connection = "open";
  }

  get canAct() {
    return this.isOwner && this.run !== undefined && !this.run.has_ended
      && !this.sweep.data.hidden.includes("transport");
  }

  toggle() {
    if (this.canAct) this.sweep.command({ kind: this.run.state === "paused" ? "resume" : "pause" });
  }

  connect(connection) {
    this.connection = connection;
    this.say();
  }

  draw({ run, progress }) {
    this.run = run;
    this.progress = progress;
    const isPaused = run.state === "paused";
    put(this.play, isPaused ? "▶ Play" : "❚❚ Pause");
    this.play.setAttribute("aria-label", isPaused ? "Play (Space)" : "Pause (Space)");
    this.controls.hidden = run.has_ended;
    this.bar.value = progress.share;
    this.say();
  }

  say() {
    if (!this.progress) return;
    const { text, device } = this.progress;
    const state = this.connection === "open" ? this.run.state : "reconnecting…";
    put(this.status, [text, device, state].filter(Boolean).join(" · "));
  }
}

function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
