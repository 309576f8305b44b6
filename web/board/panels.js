// The panels: for each, what it draws of a run's state, as Plotly traces. One definition serves the
// moving picture (painter.js), the one at rest (Plotly), the table and the words.

import { accuracy, loss } from "./panels/curves.js";
import { distributions, history } from "./panels/distributions.js";
import { gradients, running, saturation, updates } from "./panels/layers.js";
import { pictures } from "./panels/pictures.js";
import { distances, statistics } from "./panels/statistics.js";

const DRAWN = {
  loss, accuracy, statistics, distances, distributions, history, gradients, updates, saturation,
  running,
};

/** What draws a panel of bnlab.figures.board. */
export const drawerOf = (panel) => (panel.id === "pictures" ? pictures[panel.kind] : DRAWN[panel.id]);
