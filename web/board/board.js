// The live board: one run, followed as it trains.

import { isFree } from "../kit/keys.js";
import { Followed } from "../kit/followed.js";
import { Screen } from "./screen.js";
import { RunState } from "./state.js";

const REST_MS = 200; // no update is drawn this soon after a press: what was pressed comes first
const SEEK_MS = 40;

export const mount = (root) => new Board(root);

class Board extends Followed {
  constructor(root) {
    super(root, { name: "Live board", path: "", air: 8, least: 38 }); // about 25 updates a second
    root.board = this;
    this.onKey = (event) => this.press(event);
    this.onPress = () => {
      this.restUntil = performance.now() + REST_MS;
    };
    document.addEventListener("keydown", this.onKey);
    document.addEventListener("pointerdown", this.onPress, true);
  }

  // --- the page's side ---------------------------------------------------------------------------

  show(component) {
    super.show(component);
    this.schedule();
  }

  leave() {
    super.leave();
    document.removeEventListener("keydown", this.onKey);
    document.removeEventListener("pointerdown", this.onPress, true);
  }

  /** Follow a run; the screen of the one before stays until this one says hello. */
  attach(run, token) {
    this.socket?.close();
    Object.assign(this, { token, wish: { step: null, toward: -1 } });
    this.notices.replaceChildren();
    this.connect(run, token);
    // The button that started the run keeps the focus, and Space would press it again.
    const focused = document.activeElement;
    if (focused?.tagName === "BUTTON" && !this.root.contains(focused)) {
      this.root.focus({ preventScroll: true });
    }
  }

  connected(connection) {
    this.connection = connection;
    this.schedule();
  }

  // --- the server's side -------------------------------------------------------------------------

  hear(message) {
    if (message.kind === "restarted") {
      this.left = this.runId;
      this.attach(message.run, message.token);
      this.tellPage("restarted", message.run);
    } else super.hear(message);
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

  take(meta, arrays) {
    this.state.take({ meta, arrays });
  }

  // --- drawing -----------------------------------------------------------------------------------

  /** Draw the state even without an update: the connection may have changed. */
  drawScreen() {
    this.screen.draw(this.connection, this.data.prediction);
  }

  acknowledge(meta) {
    super.acknowledge(meta);
    this.stats.ages.push(Date.now() - 1000 * meta.changed_s);
    if (this.stats.ages.length > 1000) this.stats.ages.shift();
  }

  /** Say what is on screen, so that only this is measured and sent. */
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
    if (this.wish.step !== null) this.seek(null, -1); // a command is about the newest step
    super.command(document_);
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
}
