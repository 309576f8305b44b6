// The map of one variant, whose cells can be picked.

import { PickPlot, within } from "./pick.js";

export class MapPlot extends PickPlot {
  constructor(root, plotly, { variant, rows, columns, pick }) {
    super(root, plotly, pick);
    Object.assign(this, { variant, rows, columns });
  }

  placeAt(x, y, { xaxis, yaxis }) {
    const row = within(Math.round(yaxis.p2c(y)), this.rows);
    return { variant: this.variant, row, column: within(Math.round(xaxis.p2c(x)), this.columns) };
  }

  first() {
    return { variant: this.variant, row: 0, column: 0 };
  }

  next({ variant, row, column }, [up, right]) {
    return { variant, row: within(row + up, this.rows), column: within(column + right, this.columns) };
  }

  frame({ row, column }, { theme }) {
    const box = (color, width) => ({
      type: "rect", x0: column - 0.5, x1: column + 0.5, y0: row - 0.5, y1: row + 0.5, line: { color, width },
    });
    return { shapes: [box(theme.background, 5), box(theme.text, 2.5)] };
  }
}
