// Batch norm's statistics over the steps: of one unit, and the layer's distance from the exact ones.

import { faint, short } from "../../kit/numbers.js";
import { colourOf, decades, inWords, stepMarks } from "./shared.js";

const MOST_POINTS = 400; // a panel is not wider
const TABLE_ROWS = 12;
const NAMES = { mean: "mean", var: "variance" };
const UNITS = { mean: "standard deviations", var: "powers of ten" };

const kept = (state) => state.variants.filter((variant) => variant.has_statistics);

/** The points of a series from the first step to the last, few enough for a table. */
function tableOf(state, columns) {
  const { recorded } = state;
  const { steps } = recorded;
  const count = Math.min(TABLE_ROWS, steps.length);
  const places = Array.from({ length: count }, (_, i) =>
    (count === 1 ? 0 : Math.round((i * (steps.length - 1)) / (count - 1))));
  const found = kept(state).map((variant) => ({
    name: variant.name, columns: columns.map(({ values }) => values(variant, places)),
  }));
  return {
    head: ["step", "variant", ...columns.map(({ head }) => head)],
    rows: places.flatMap((place, i) => found.map(({ name, columns: all }) =>
      [String(steps[place]), name, ...all.map((values) => short(values[i]))])),
  };
}

function dots(variant, theme, more) {
  const colour = faint(colourOf(variant, theme), 0.4);
  return {
    type: "scatter", mode: "markers", marker: { color: colour, size: 4 },
    name: `${variant.name}, minibatch`, ...more,
  };
}

function line(variant, theme, more) {
  const colour = colourOf(variant, theme);
  return {
    type: "scatter", mode: "lines", line: { color: colour, width: 2.2 }, name: variant.name,
    connectgaps: false, ...more,
  };
}

/** Ends of an axis, rounded outwards so that they seldom move. */
function roundedEnds(values, fallback) {
  const finite = values.filter(Number.isFinite);
  if (!finite.length) return fallback;
  let [low, high] = [Infinity, -Infinity];
  for (const value of finite) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  const span = high - low || Math.abs(high) || 1;
  const step = 10 ** Math.floor(Math.log10(span)) / 2;
  const round = (value, to) => Number((to(value / step) * step).toPrecision(6));
  return [round(low - 0.03 * span, Math.floor), round(high + 0.03 * span, Math.ceil)];
}

// --- one unit ------------------------------------------------------------------------------------

const isRight = ({ recorded }, { options }) => String(recorded.unit) === options.unit;

export const statistics = {
  traces(state, context) {
    const { theme, view, options: { of } } = context;
    if (!isRight(state, context)) return [];
    const { recorded } = state;
    const places = recorded.chosen(view.x, MOST_POINTS);
    const x = places.map((place) => recorded.steps[place]);
    return [
      ...kept(state).flatMap((variant) => {
        const y = (whose) => recorded.valuesOf(variant, whose, of, places);
        const says = (words) => `${variant.name}: %{y:.4g} ${words}<extra></extra>`;
        return [
          dots(variant, theme, { x, y: y("batch"), hovertemplate: says("in the minibatch") }),
          line(variant, theme, {
            x, y: y("exact"), opacity: 0.8, name: `${variant.name}, exact`,
            line: { color: colourOf(variant, theme), width: 1.6, dash: "dash" },
            hovertemplate: says("exact"),
          }),
          line(variant, theme, { x, y: y("running"), hovertemplate: says("running") }),
        ];
      }),
      ...stepMarks(state, context),
    ];
  },

  axes(state, context) {
    const { fullX, options: { of } } = context;
    const { recorded } = state;
    const places = isRight(state, context) ? recorded.chosen(fullX, MOST_POINTS) : [];
    const values = kept(state).flatMap((variant) => ["running", "batch", "exact"].flatMap((whose) =>
      recorded.valuesOf(variant, whose, of, places)));
    return {
      "yaxis.title.text": NAMES[of],
      "yaxis.range": roundedEnds(values, of === "mean" ? [-1, 1] : [0, 2]),
    };
  },

  summary(state, context) {
    const { recorded } = state;
    if (!isRight(state, context) || !recorded.steps.length) return "";
    const { of, unit } = context.options;
    const now = [recorded.steps.length - 1];
    return inWords(kept(state).map((variant) => {
      const [running, batch, exact] = ["running", "batch", "exact"].map((whose) =>
        short(recorded.valuesOf(variant, whose, of, now)[0]));
      return `${variant.name}, unit ${Number(unit) + 1}: running ${NAMES[of]} ${running}, `
        + `last minibatch ${batch}, exact ${exact}`;
    }));
  },

  table(state, context) {
    if (!isRight(state, context)) return { head: [], rows: [] };
    const { of } = context.options;
    return tableOf(state, ["running", "batch", "exact"].map((whose) => ({
      head: `${whose === "batch" ? "minibatch" : whose} ${NAMES[of]}`,
      values: (variant, places) => state.recorded.valuesOf(variant, whose, of, places),
    })));
  },
};

// --- the whole layer -----------------------------------------------------------------------------

export const distances = {
  traces(state, context) {
    const { theme, view, options: { of } } = context;
    const { recorded } = state;
    const places = recorded.chosen(view.x, MOST_POINTS);
    const x = places.map((place) => recorded.steps[place]);
    return [
      ...kept(state).flatMap((variant) => {
        const y = (whose) => recorded.distancesOf(variant, whose, of, places);
        const says = (words) => `${variant.name}: %{y:.3g} ${words}<extra></extra>`;
        return [
          dots(variant, theme, { x, y: y("batch"), hovertemplate: says("minibatch") }),
          line(variant, theme, { x, y: y("running"), hovertemplate: says("running") }),
        ];
      }),
      ...stepMarks(state, context),
    ];
  },

  axes(state, { fullX, options: { of } }) {
    const { recorded } = state;
    const places = recorded.chosen(fullX, MOST_POINTS);
    const values = kept(state).flatMap((variant) => ["running", "batch"].flatMap((whose) =>
      recorded.distancesOf(variant, whose, of, places)));
    return {
      "yaxis.title.text": UNITS[of],
      "yaxis.range": decades(values, { least: -2, most: 0, floor: -4, ceiling: 4 }),
    };
  },

  summary(state, { options: { of } }) {
    const { recorded } = state;
    if (!recorded.steps.length) return "";
    const now = [recorded.steps.length - 1];
    return inWords(kept(state).map((variant) => {
      const [running, batch] = ["running", "batch"].map((whose) =>
        short(recorded.distancesOf(variant, whose, of, now)[0]));
      return `${variant.name}: the running ${NAMES[of]} is ${running} ${UNITS[of]} away, `
        + `that of the last minibatch ${batch}`;
    }));
  },

  table(state, { options: { of } }) {
    return tableOf(state, ["running", "batch"].map((whose) => ({
      head: `${whose === "batch" ? "minibatch" : whose}, ${UNITS[of]}`,
      values: (variant, places) => state.recorded.distancesOf(variant, whose, of, places),
    })));
  },
};
