// A live figure in which a place is picked by a click, or with the arrow keys.

import { LivePlot } from "../kit/live.js";

const CLICK_PX = 8; // a press that moves further is a scroll or a drag
const MOVES = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [1, 0], ArrowDown: [-1, 0] };
const HINT = "Arrow keys pick a network.";

/** Each kind says what is at a point, what comes next, and how a picked place is marked. */
export class PickPlot extends LivePlot {
  /** pick({variant, row, column}) or pick(null): what the learner has chosen */
  constructor(root, plotly, pick) {
    super(root, plotly);
    this.pick = pick;
    this.picked = null;
    this.picture.tabIndex = 0;
    this.picture.addEventListener("keydown", (event) => this.press(event));
    this.picture.addEventListener("pointerdown", (down) => {
      // Plotly lays a cover over the page while a button is down.
      document.addEventListener("pointerup", (up) => this.click(down, up), { once: true, capture: true });
    }, true);
  }

  say() {
    super.say();
    this.picture.setAttribute("aria-label", `${this.figure.alt} ${HINT}`);
  }

  /** The place {variant, row, column} that is marked; null: none. */
  mark(picked) {
    if (JSON.stringify(picked) === JSON.stringify(this.picked)) return;
    this.picked = picked;
    this.draw();
  }

  drawn() {
    const plain = super.drawn();
    if (!this.picked) return plain;
    const { shapes = [], traces = [] } = this.frame(this.picked, plain);
    return {
      ...plain, traces: [...plain.traces, ...traces],
      layout: { ...plain.layout, shapes: [...(plain.layout.shapes ?? []), ...shapes] },
    };
  }

  click(down, { clientX, clientY }) {
    if (Math.hypot(clientX - down.clientX, clientY - down.clientY) > CLICK_PX) return;
    const { xaxis, yaxis } = this.graph._fullLayout ?? {};
    if (!xaxis) return;
    const box = this.graph.getBoundingClientRect();
    const [x, y] = [clientX - box.left - xaxis._offset, clientY - box.top - yaxis._offset];
    if (x < 0 || y < 0 || x > xaxis._length || y > yaxis._length) return;
    this.pick(this.placeAt(x, y, { xaxis, yaxis }));
  }

  press(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape" && this.picked) this.pick(null);
    const move = MOVES[event.key];
    if (!move || !this.figure) return;
    event.preventDefault();
    this.pick(this.picked ? this.next(this.picked, move) : this.first());
  }
}

export const within = (value, count) => Math.min(Math.max(value, 0), count - 1);
