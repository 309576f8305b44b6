// The map of one variant: a cell of it is picked by a click, or with the arrow keys.

import { LivePlot } from "./live.js";

const CLICK_PX = 8; // a press that moves further is a scroll or a drag
const MOVES = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [1, 0], ArrowDown: [-1, 0] };
const HINT = "Arrow keys pick a cell.";

export class MapPlot extends LivePlot {
  /** pick({row, column}) or pick(null): what the learner has chosen */
  constructor(root, plotly, { rows, columns, pick }) {
    super(root, plotly);
    Object.assign(this, { rows, columns, pick, picked: null });
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

  /** The cell {row, column} that has a frame around it; null: none. */
  mark(picked) {
    if (JSON.stringify(picked) === JSON.stringify(this.picked)) return;
    this.picked = picked;
    this.draw();
  }

  drawn() {
    const { theme, traces, layout } = super.drawn();
    if (!this.picked) return { theme, traces, layout };
    const { row, column } = this.picked;
    const frame = (color, width) => ({
      type: "rect", x0: column - 0.5, x1: column + 0.5, y0: row - 0.5, y1: row + 0.5,
      line: { color, width },
    });
    const shapes = [...(layout.shapes ?? []), frame(theme.background, 5), frame(theme.text, 2.5)];
    return { theme, traces, layout: { ...layout, shapes } };
  }

  click(down, { clientX, clientY }) {
    if (Math.hypot(clientX - down.clientX, clientY - down.clientY) > CLICK_PX) return;
    const { xaxis, yaxis } = this.graph._fullLayout ?? {};
    if (!xaxis) return;
    const box = this.graph.getBoundingClientRect();
    const column = Math.round(xaxis.p2c(clientX - box.left - xaxis._offset));
    const row = Math.round(yaxis.p2c(clientY - box.top - yaxis._offset));
    const isInside = row >= 0 && column >= 0 && row < this.rows && column < this.columns;
    if (isInside) this.pick({ row, column });
  }

  press(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape" && this.picked) this.pick(null);
    const move = MOVES[event.key];
    if (!move) return;
    event.preventDefault();
    const { yaxis } = this.graph._fullLayout ?? {};
    const isTurned = yaxis && yaxis.range[0] > yaxis.range[1]; // the first row on top
    const within = (value, count) => Math.min(Math.max(value, 0), count - 1);
    const { row, column } = this.picked ?? { row: isTurned ? 1 : -1, column: 0 };
    this.pick({
      row: within(row + (isTurned ? -1 : 1) * move[0], this.rows),
      column: within(column + move[1], this.columns),
    });
  }
}
