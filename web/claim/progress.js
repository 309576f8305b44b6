// How far a test is, the button that stops it, and what can be saved of it.

import { make } from "../kit/dom.js";

export class Progress {
  constructor({ can_command: canCommand, run }, claim) {
    const { token } = claim.data;
    this.stop = make("button", {
      type: "button", title: "Stop this test; what was measured stays", onclick: () => claim.command({ kind: "stop" }),
    }, "Stop");
    const watching = make("p", { class: "watching" },
      "You are watching; the browser that started this test can stop it.");
    this.bar = make("progress", { max: 1, value: 0, "aria-label": "Progress" });
    this.status = make("output", { class: "status" });
    const link = (text, name) => make("a", {
      class: "export", download: "", href: new URL(`api/claim/${run.id}/${name}?token=${token}`, document.baseURI),
    }, text);
    this.saved = make("span", { class: "saved" }, "Export: ", link("report", "report.html"), " ", link("JSON", "claim.json"));
    this.element = make("div", { class: "transport" },
      canCommand ? this.stop : watching, this.bar, this.status, this.saved);
    this.connection = "open";
  }

  connect(connection) {
    this.connection = connection;
    this.say();
  }

  draw({ run, progress }) {
    Object.assign(this, { run, progress });
    this.stop.hidden = run.has_ended;
    this.bar.value = progress.share;
    this.say();
  }

  say() {
    if (!this.progress) return;
    const { text, seconds, machine } = this.progress;
    const state = this.connection === "open" || this.run.has_ended ? this.run.state : "reconnecting…";
    const words = [state, text, `${seconds.toFixed(0)} s`, machine].filter(Boolean).join(" · ");
    if (this.status.textContent !== words) this.status.textContent = words;
  }
}
