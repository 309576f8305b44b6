// The live board: one run, followed as it trains. `mount` is called once per element, `show` at
// every run of the page's script.

import { isFree } from "../kit/keys.js";
import { make } from "../kit/dom.js";
import { loadPlotly } from "../kit/plotly.js";
import { Screen } from "./screen.js";
import { Socket } from "../kit/socket.js";
import { RunState } from "./state.js";
import { unpack } from "../kit/wire.js";

// The next update is asked for after a pause, so that clicks find the browser idle.
const AIR_MS = 8;
const LEAST_MS = 38; // between two updates: some 25 a second
const REST_MS = 200; // no picture follows a press so soon: what was pressed comes first
const SEEK_MS = 40;

export const mount = (root) => new Board(root);

class Board {
  constructor(root) {
    this.root = root;
    root.tabIndex = -1;
    root.setAttribute("role", "region");
    root.setAttribute("aria-label", "Live board");
    root.board = this;
    this.notices = make("div", { class: "notices" });
    this.body = make("div", { class: "body" });
    root.replaceChildren(this.notices, this.body);
    this.stats = { drawn: 0, ages: [] }; // read by benchmarks
    this.askedAt = 0;
    this.restUntil = 0;
    this.onKey = (event) => this.press(event);
    this.onPress = () => {
      this.restUntil = performance.now() + REST_MS;
    };
    document.addEventListener("keydown", this.onKey);
    document.addEventListener("pointerdown", this.onPress, true);
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
    this.schedule();
  }

  leave() {
    this.detach();
    document.removeEventListener("keydown", this.onKey);
    document.removeEventListener("pointerdown", this.onPress, true);
  }

  /** Show nothing. */
  detach() {
    this.socket?.close();
    this.screen?.leave();
    this.body.replaceChildren();
    this.notices.replaceChildren();
    this.screen = null;
    this.runId = null;
  }

  /** Follow a run, in the place of the one before. */
  attach(run, token) {
    this.socket?.close();
    Object.assign(this, { runId: run, token, wish: { step: null, toward: -1 } });
    this.notices.replaceChildren();
    this.socket = new Socket(run, token, {
      text: (message) => this.hear(message),
      binary: (buffer) => this.receive(unpack(buffer)),
      state: (connection) => {
        this.connection = connection;
        this.schedule();
      },
    });
    // The button that started the run keeps the focus, and Space would press it again.
    const focused = document.activeElement;
    if (focused?.tagName === "BUTTON" && !this.root.contains(focused)) {
      this.root.focus({ preventScroll: true });
    }
  }

  // --- the server's side -------------------------------------------------------------------------

  hear(message) {
    if (message.kind === "hello") this.greet(message);
    else if (message.kind === "restarted") {
      this.left = this.runId;
      this.attach(message.run, message.token);
      this.tellPage("restarted", message.run);
    } else {
      this.complain(message.text);
      if (message.kind === "gone") this.tellPage("changed", `gone ${this.runId}`);
    }
  }

  /** A run begins to be shown, or the connection to it is back. */
  greet(hello) {
    this.state = new RunState(hello);
    if (!this.screen?.follow(this.state)) {
      this.screen?.leave();
      this.screen = new Screen(this.body, this.state, this);
    }
    this.tellView();
    if (this.wish.step !== null) this.send({ seek: this.wish });
  }

  receive({ meta, arrays }) {
    if (meta.run.id !== this.state.run.id) return;
    this.state.take({ meta, arrays });
    this.undrawn = meta;
    this.schedule();
    // A short run may have ended before the first update: what counts is what the page knows.
    if (meta.run.has_ended && this.toldEnd !== meta.run.id) {
      this.toldEnd = meta.run.id;
      this.tellPage("changed", `ended ${meta.run.id}`);
    }
  }

  send(message) {
    this.socket.send(message);
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
      this.screen.draw(this.connection, this.data.prediction);
    } finally {
      if (undrawn) this.acknowledge(undrawn); // or a figure that fails would be the last one
    }
  }

  acknowledge({ n, changed_s: changed }) {
    this.stats.drawn += 1;
    this.stats.ages.push(Date.now() - 1000 * changed);
    if (this.stats.ages.length > 1000) this.stats.ages.shift();
    const wait = Math.max(AIR_MS, Math.max(this.askedAt + LEAST_MS, this.restUntil) - performance.now());
    setTimeout(() => {
      this.askedAt = performance.now();
      this.send({ ack: n });
    }, wait);
  }

  /** Say what is on screen, so that this is what is measured and sent. */
  tellView() {
    const { shown, quantity } = this.screen.prefs;
    const isShown = (id) => this.screen.figures.has(id) && shown.includes(id);
    this.send({
      panels: { quantity: isShown("distributions") ? quantity : null, pictures: isShown("pictures") },
    });
    const layer = Number(this.screen.figures.get("history")?.options.layer ?? 0);
    this.send({ history: isShown("history") ? { quantity, layer } : false });
    const unit = Number(this.screen.figures.get("statistics")?.options.unit ?? 0);
    const isRecorded = isShown("statistics") || isShown("distances");
    this.send({ statistics: isRecorded ? { unit } : false });
  }

  // --- what the learner wants --------------------------------------------------------------------

  command(document_) {
    if (this.wish.step !== null) this.seek(null, -1); // who commands looks at what happens
    this.notices.replaceChildren(); // what was wrong before is no longer of interest
    this.send({ command: document_ });
  }

  restart(keep) {
    this.send({ restart: { keep_interventions: keep } });
  }

  /** Look at another frame; a slider asks more often than it can be answered. */
  seek(step, toward) {
    this.wish = { step, toward };
    this.seeking ??= setTimeout(() => {
      this.seeking = null;
      this.send({ seek: this.wish });
    }, SEEK_MS);
  }

  press(event) {
    const act = { " ": () => this.screen.transport.toggle(),
      ArrowRight: () => this.screen.transport.advance(1) }[event.key];
    if (!act || !this.screen?.transport.canAct || !isFree(event, this.root)) return;
    event.preventDefault();
    act();
  }

  complain(text) {
    this.notices.replaceChildren(make("p", { class: "notice", role: "alert" },
      make("span", {}, text), make("button", {
        type: "button", class: "small", "aria-label": "Dismiss",
        onclick: () => this.notices.replaceChildren(),
      }, "×")));
  }
}
