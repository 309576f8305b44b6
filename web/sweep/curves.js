// The curves of a sweep with one axis, whose points can be picked.

import { PickPlot, within } from "./pick.js";

export class CurvesPlot extends PickPlot {
  constructor(root, plotly, { variants, columns, pick }) {
    super(root, plotly, pick);
    Object.assign(this, { variants, columns });
  }

  /** The line of a variant: a point for each value of the axis. */
  line(variant) {
    return this.figure.traces.find(({ name }) => name === variant);
  }

  placeAt(x, y, { xaxis, yaxis }) {
    let nearest = { away: Infinity };
    for (const variant of this.variants) {
      const line = this.line(variant);
      line.x.forEach((value, column) => {
        // Where there is no number, a point at the foot stands for it.
        const height = line.y[column] === null ? yaxis._length : yaxis.d2p(line.y[column]);
        const away = Math.hypot(xaxis.d2p(value) - x, height - y);
        if (away < nearest.away) nearest = { away, place: { variant, row: 0, column } };
      });
    }
    return nearest.place ?? null;
  }

  first() {
    return { variant: this.variants[0], row: 0, column: 0 };
  }

  next({ variant, row, column }, [up, right]) {
    const place = within(this.variants.indexOf(variant) - up, this.variants.length);
    return { variant: this.variants[place], row, column: within(column + right, this.columns) };
  }

  frame({ variant, column }, { theme }) {
    const { x, y } = this.line(variant);
    const upright = {
      type: "line", yref: "paper", y0: 0, y1: 1, x0: x[column], x1: x[column],
      line: { color: theme.muted, width: 1, dash: "dot" },
    };
    const ring = {
      type: "scatter", mode: "markers", x: [x[column]], y: [y[column]], hoverinfo: "skip", showlegend: false,
      marker: { size: 17, color: "rgba(0,0,0,0)", line: { color: theme.text, width: 2.5 } },
    };
    return { shapes: [upright], traces: [ring] };
  }
}
