// Asks for one unit of a run again and again: one request at a time, rarely while nothing moves,
// not at all while the page is hidden or once the run has ended.

import { unpack } from "../kit/wire.js";

const LIVE_MS = 200; // between two questions while the run trains
const REST_MS = 1000; // while it is paused
const SOON_MS = 60; // after a command
const HURRY_MS = 1500; // how long a command may take to show
const AIR = 2; // times as long as drawing takes
const PATIENCE_MS = 15000; // longer than the server's own
const FIRST_WAIT_MS = 400; // until the next try when there was no answer
const LONGEST_WAIT_MS = 5000;

const HAS_ENDED = ["completed", "cancelled", "failed", "interrupted"];

export const hasEnded = (state) => HAS_ENDED.includes(state);

export const isResting = (state) => state === "paused" || hasEnded(state);

export class Poll {
  /** on: {answer({meta, arrays}), problem(text)}; a problem with no text: the connection is lost */
  constructor(on) {
    this.on = on;
    this.wait = FIRST_WAIT_MS;
    this.hurriedUntil = -Infinity;
    this.every = LIVE_MS;
    this.onVisible = () => {
      if (!document.hidden) this.schedule(0);
    };
    document.addEventListener("visibilitychange", this.onVisible);
  }

  /** Follow this unit; a request that is still open for another one is dropped. */
  follow({ run, token, variant, layer, unit }) {
    this.url = new URL(`api/run/${run}/unit`, document.baseURI);
    this.url.search = new URLSearchParams({ token, variant, layer, unit });
    this.isOver = false;
    this.wait = FIRST_WAIT_MS;
    this.request?.abort();
    this.request = null;
    this.schedule(0);
  }

  /** The run was given a command: ask soon, and often for a moment. */
  hurry() {
    this.hurriedUntil = performance.now() + HURRY_MS;
    if (!this.request) this.schedule(SOON_MS);
  }

  /** Drawing an answer took this long: leave the browser time for everything else. */
  drew(ms) {
    this.every = Math.max(LIVE_MS, AIR * ms);
  }

  stop() {
    this.isOver = true;
    clearTimeout(this.timer);
    this.request?.abort();
    document.removeEventListener("visibilitychange", this.onVisible);
  }

  schedule(ms) {
    clearTimeout(this.timer);
    if (!this.isOver) this.timer = setTimeout(() => this.ask(), ms);
  }

  async ask() {
    if (!this.url || this.request || document.hidden) return; // an answer, or becoming visible, schedules the next
    const request = new AbortController();
    this.request = request;
    const began = performance.now();
    const patience = setTimeout(() => request.abort(), PATIENCE_MS);
    let next = null;
    try {
      const response = await fetch(this.url, { signal: request.signal, cache: "no-store" });
      next = response.ok ? this.take(unpack(await response.arrayBuffer()), began, request)
        : await this.refused(response, request);
    } catch {
      if (this.request === request) this.on.problem("");
    } finally {
      clearTimeout(patience);
    }
    if (this.request !== request) return; // another unit is followed by now
    this.request = null;
    this.schedule(next ?? this.longer());
  }

  /** An answer; returns how long to wait before the next. */
  take(answer, began, request) {
    if (this.request !== request) return null;
    this.wait = FIRST_WAIT_MS;
    const { state } = answer.meta;
    this.isOver = hasEnded(state);
    this.on.answer(answer);
    const now = performance.now();
    return state === "paused" && now > this.hurriedUntil ? REST_MS : Math.max(0, this.every - (now - began));
  }

  async refused(response, request) {
    const isSentence = response.status === 409;
    const { text, is_final: isFinal } = isSentence ? await response.json()
      : { text: await response.text(), is_final: true };
    if (this.request !== request) return null;
    this.isOver = isFinal;
    this.on.problem(text);
    return null;
  }

  longer() {
    const { wait } = this;
    this.wait = Math.min(LONGEST_WAIT_MS, 2 * wait);
    return wait * (0.75 + Math.random() / 2); // a whole class does not come back at once
  }
}
