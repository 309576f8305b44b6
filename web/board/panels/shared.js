// Traces shared by several panels.

import { inShort } from "../changes.js";
import { faint } from "../../kit/numbers.js";

export const colourOf = (variant, theme) => variant.colour[theme.mode];

/** The outline of a band between two lines; gaps where either is missing. */
export function band(x, low, high, more) {
  const outline = { x: [], y: [] };
  let start = 0;
  const isThere = (i) => Number.isFinite(low[i]) && Number.isFinite(high[i]);
  while (start < x.length) {
    if (!isThere(start)) {
      start += 1;
      continue;
    }
    let end = start;
    while (end < x.length && isThere(end)) end += 1;
    for (let i = start; i < end; i += 1) outline.x.push(x[i]), outline.y.push(high[i]);
    for (let i = end - 1; i >= start; i -= 1) outline.x.push(x[i]), outline.y.push(low[i]);
    outline.x.push(null), outline.y.push(null);
    start = end;
  }
  return {
    type: "scatter", mode: "lines", fill: "toself", hoverinfo: "skip", ...outline,
    line: { width: 0 }, ...more,
  };
}

/** A line with its band: {x, middle, low, high}. */
export function lineAndBand(curve, colour, { width = 2.2, opacity = 0.16, ...more } = {}) {
  return [
    band(curve.x, curve.low, curve.high, { fillcolor: faint(colour, opacity) }),
    {
      type: "scatter", mode: "lines", x: curve.x, y: curve.middle, line: { color: colour, width },
      connectgaps: false, ...more,
    },
  ];
}

const LABEL_SHARE = 0.2; // of the axis that the label of one mark may take
const LABEL_ROWS = 4;

/** The labels of marks: beside them, each lower than a close one before it. */
function labels(changes, { theme, view: { x: [from, to], y: [low, high], isLog } }) {
  const steps = [...new Set(changes.map(({ step }) => step))];
  const down = (share) => (isLog ? high * (low / high) ** share : high - share * (high - low));
  let row = 0;
  return steps.map((step, i) => {
    const isNear = i > 0 && step - steps[i - 1] < LABEL_SHARE * (to - from);
    row = isNear ? (row + 1) % LABEL_ROWS : 0;
    const side = step > to - LABEL_SHARE * (to - from) ? -1 : 1; // not over the edge
    return {
      type: "scatter", mode: "text", hoverinfo: "skip",
      x: [step + side * (to - from) * 0.008], y: [down(0.07 * row)],
      text: [changes.filter((change) => change.step === step).map(inShort).join(", ")],
      textposition: `bottom ${side > 0 ? "right" : "left"}`,
      textfont: { color: theme.muted, size: 12 },
    };
  });
}

/** Vertical lines where something was changed, and at the past step that is shown. */
export function stepMarks(state, { theme, view }) {
  const traces = [];
  const [low, high] = view.y;
  const vertical = (x, line) => ({
    type: "scatter", mode: "lines", x: [x, x], y: [low, high], line, hoverinfo: "skip",
  });
  const changes = state.run.interventions;
  for (const { step } of changes) {
    traces.push(vertical(step, { color: theme.muted, width: 1.5, dash: "dot" }));
  }
  traces.push(...labels(changes, { theme, view }));
  if (state.seek !== null) traces.push(vertical(state.step, { color: theme.text, width: 1 }));
  return traces;
}

/** The name of an axis of column i: "x", "x2", … */
export const axisName = (letter, i) => (i ? `${letter}${i + 1}` : letter);

/** A range of decades that holds the values, rounded outwards so that it rarely changes. */
export function decades(values, { least, most, step = 1, floor = -16, ceiling = 16 }) {
  let low = least;
  let high = most;
  for (const value of values) {
    if (!(value > 0) || !Number.isFinite(value)) continue;
    const place = Math.log10(value);
    low = Math.min(low, Math.floor(place / step) * step);
    high = Math.max(high, Math.ceil(place / step) * step);
  }
  return [Math.max(low, floor), Math.min(high, ceiling)];
}

export const inWords = (parts) => parts.filter(Boolean).join("; ");
