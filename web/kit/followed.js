// What is followed live: a run on the board, a sweep, the test of a claim. An update is drawn, and
// the next one requested when that is done.

import { make, notice } from "./dom.js";
import { loadPlotly } from "./plotly.js";
import { Socket } from "./socket.js";
import { unpack } from "./wire.js";

// Each kind has screenOf(hello), which returns {draw(update), leave(), view, transport:
// {connect(connection)}}. `mount` is called once per element, `show` at every run of the page's script.
export class Followed {
  /**
   * name: of the region; path: of its stream, below live/; air: ms between drawing and requesting the
   * next update, so that clicks find the browser idle; least: ms between two requests.
   */
  constructor(root, { name, path, air = 60, least = 220 }) {
    Object.assign(this, { root, path, air, least });
    root.tabIndex = -1;
    root.setAttribute("role", "region");
    root.setAttribute("aria-label", name);
    this.notices = make("div", { class: "notices" });
    this.body = make("div", { class: "body" });
    root.replaceChildren(this.notices, this.body);
    this.stats = { drawn: 0, ages: [] }; // read by tests and benchmarks
    this.requestedAt = 0;
    this.restUntil = 0;
  }

  // --- the page's side ---------------------------------------------------------------------------

  show({ data, setTriggerValue }) {
    this.data = data;
    this.tellPage = setTriggerValue;
    if (data.has_ended) this.toldEnd = data.run;
    if (!this.plotly) {
      this.plotly = loadPlotly(data.plotly);
      this.plotly.catch((error) => this.complain(error.message));
    }
    if (data.run === this.runId) this.left = null;
    else if (!data.run) this.detach();
    // The page may still name the run before the one that was started here.
    else if (data.run !== this.left) this.attach(data.run, data.token);
  }

  leave() {
    this.detach();
  }

  /** Show nothing. */
  detach() {
    this.socket?.close();
    this.screen?.leave();
    this.notices.replaceChildren();
    this.body.replaceChildren();
    this.screen = null;
    this.runId = null;
  }

  /** Follow a run instead of the one before. */
  attach(run, token) {
    this.detach();
    this.connect(run, token);
  }

  connect(run, token) {
    Object.assign(this, { runId: run, undrawn: null });
    this.socket = new Socket(`${this.path}${run}`, token, {
      text: (message) => this.hear(message),
      binary: (buffer) => this.receive(unpack(buffer)),
      state: (connection) => this.connected(connection),
    });
  }

  connected(connection) {
    this.screen?.transport.connect(connection);
  }

  // --- the server's side -------------------------------------------------------------------------

  hear(message) {
    if (message.kind === "hello") this.greet(message);
    else {
      this.complain(message.text);
      if (message.kind === "gone") this.tellPage("changed", `gone ${this.runId}`);
    }
  }

  greet(hello) {
    // After a lost connection the screen is still there, and only says again what it shows.
    this.screen ??= this.screenOf(hello);
    this.tellView();
  }

  receive({ meta, arrays }) {
    if (meta.run.id !== this.runId) return;
    this.take(meta, arrays);
    this.undrawn = meta;
    this.schedule();
    // A short run may have ended before the first update: what counts is what the page knows.
    if (meta.run.has_ended && this.toldEnd !== meta.run.id) {
      this.toldEnd = meta.run.id;
      this.tellPage("changed", `ended ${meta.run.id}`);
    }
  }

  take(update) {
    this.newest = update; // read by tests
  }

  send(message) {
    this.socket?.send(message);
  }

  // --- drawing -----------------------------------------------------------------------------------

  schedule() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      this.draw();
    });
  }

  draw() {
    if (!this.screen) return;
    const { undrawn } = this;
    this.undrawn = null;
    try {
      this.drawScreen(undrawn);
    } finally {
      if (undrawn) this.acknowledge(undrawn); // or a figure that fails would be the last one
    }
  }

  drawScreen(update) {
    if (update) this.screen.draw(update);
  }

  acknowledge({ n }) {
    this.stats.drawn += 1;
    const next = Math.max(this.requestedAt + this.least, this.restUntil);
    setTimeout(() => {
      this.requestedAt = performance.now();
      this.send({ ack: n });
    }, Math.max(this.air, next - performance.now()));
  }

  // --- what the learner wants --------------------------------------------------------------------

  command(document_) {
    this.notices.replaceChildren(); // what was wrong before is no longer of interest
    this.send({ command: document_ });
  }

  /** Say what is on screen, so that only this is computed and sent. */
  tellView() {
    this.send({ look: this.screen.view });
  }

  complain(text) {
    this.notices.replaceChildren(notice(text, make("button", {
      type: "button", class: "small", "aria-label": "Dismiss",
      onclick: () => this.notices.replaceChildren(),
    }, "×")));
  }
}
