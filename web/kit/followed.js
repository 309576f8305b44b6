// A run that is followed as its figures develop: what a sweep and a claim have in common. Each update
// is drawn whole, and the next one asked for when that is done.

import { make } from "./dom.js";
import { loadPlotly } from "./plotly.js";
import { Socket } from "./socket.js";
import { unpack } from "./wire.js";

const AIR_MS = 60; // after drawing; the next update is asked for then, so that clicks find time
const LEAST_MS = 220; // between two updates

/** Its kinds have screenOf(hello): {draw(update), leave(), view, transport: {connect(connection)}}. */
export class Followed {
  /** name: of the region; path: of its stream, below live/ */
  constructor(root, { name, path }) {
    Object.assign(this, { root, path });
    root.tabIndex = -1;
    root.setAttribute("role", "region");
    root.setAttribute("aria-label", name);
    this.notices = make("div", { class: "notices" });
    this.body = make("div", { class: "body" });
    root.replaceChildren(this.notices, this.body);
    this.drawn = 0; // updates; read by tests and benchmarks
    this.askedAt = 0;
  }

  // --- the page's side ---------------------------------------------------------------------------

  show({ data, setTriggerValue }) {
    this.data = data;
    this.tellPage = setTriggerValue;
    if (data.has_ended) this.toldEnd = data.run;
    this.plotly ??= loadPlotly(data.plotly);
    if (data.run === this.runId) return;
    this.detach();
    if (data.run) this.attach(data.run, data.token);
  }

  leave() {
    this.detach();
  }

  detach() {
    this.socket?.close();
    this.screen?.leave();
    this.notices.replaceChildren();
    this.body.replaceChildren();
    this.screen = null;
    this.runId = null;
  }

  attach(run, token) {
    this.runId = run;
    this.socket = new Socket(`${this.path}/${run}`, token, {
      text: (message) => this.hear(message),
      binary: (buffer) => this.receive(unpack(buffer).meta),
      state: (connection) => this.screen?.transport.connect(connection),
    });
  }

  // --- the server's side -------------------------------------------------------------------------

  hear(message) {
    if (message.kind === "hello") {
      // After a lost connection the screen is still there, and only says again what it shows.
      this.screen ??= this.screenOf(message);
      this.tellView();
    } else {
      this.complain(message.text);
      if (message.kind === "gone") this.tellPage("changed", `gone ${this.runId}`);
    }
  }

  receive(update) {
    if (update.run.id !== this.runId) return;
    this.newest = update;
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      this.draw();
    });
    if (update.run.has_ended && this.toldEnd !== update.run.id) {
      this.toldEnd = update.run.id;
      this.tellPage("changed", `ended ${update.run.id}`);
    }
  }

  draw() {
    const { newest } = this;
    if (!this.screen || newest.run.id !== this.runId) return;
    try {
      this.screen.draw(newest);
    } finally {
      this.drawn += 1;
      const wait = Math.max(AIR_MS, this.askedAt + LEAST_MS - performance.now());
      setTimeout(() => {
        this.askedAt = performance.now();
        this.socket?.send({ ack: newest.n });
      }, wait);
    }
  }

  // --- what the learner wants --------------------------------------------------------------------

  command(document_) {
    this.notices.replaceChildren();
    this.socket.send({ command: document_ });
  }

  /** Say what is on screen, so that this is what is worked out and sent. */
  tellView() {
    this.socket.send({ look: this.screen.view });
  }

  complain(text) {
    this.notices.replaceChildren(make("p", { class: "notice", role: "alert" },
      make("span", {}, text), make("button", {
        type: "button", class: "small", "aria-label": "Dismiss",
        onclick: () => this.notices.replaceChildren(),
      }, "×")));
  }
}
