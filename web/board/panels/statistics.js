// Batch norm's statistics over the steps: of one unit, and the layer's distance from the exact ones.

import { ends, evenly, faint, rounded, short } from "../../kit/numbers.js";
import { colourOf, decades, inWords, stepMarks } from "./shared.js";

const MOST_POINTS = 400; // a panel is not wider
const TABLE_ROWS = 12;
const NAMES = { mean: "mean", var: "variance" };
const UNITS = { mean: "standard deviations", var: "powers of ten" };

const kept = (state) => state.variants.filter((variant) => variant.has_statistics);

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

const textOf = { running: "running", batch: "minibatch", exact: "exact" };

/**
 * A panel of recorded statistics over the steps, one line or set of dots for each of `whose`.
 * read(recorded, variant, whose, of, places): the values; isThere: whether they are those wanted;
 * format and says: a value and what is said of it under the pointer; range(values, of): of the axis;
 * titles: of the axis; head(whose, of): of a column; sentence(variant, texts, options).
 */
function recordedPanel({ whose: kinds, read, isThere = () => true, format, says, range, titles, head, sentence }) {
  const placesOf = (state, context, span) =>
    (isThere(state, context) ? state.recorded.chosen(span, MOST_POINTS) : []);
  return {
    traces(state, context) {
      const { theme, view, options: { of } } = context;
      if (!isThere(state, context)) return [];
      const places = placesOf(state, context, view.x);
      const x = places.map((place) => state.recorded.steps[place]);
      const drawn = kept(state).flatMap((variant) => {
        const trace = (whose) => ({
          x, y: read(state.recorded, variant, whose, of, places),
          hovertemplate: `${variant.name}: %{y:${format}} ${says[whose]}<extra></extra>`,
        });
        const exact = () => line(variant, theme, {
          ...trace("exact"), opacity: 0.8, name: `${variant.name}, exact`,
          line: { color: colourOf(variant, theme), width: 1.6, dash: "dash" },
        });
        return [dots(variant, theme, trace("batch")), ...(kinds.includes("exact") ? [exact()] : []),
          line(variant, theme, trace("running"))];
      });
      return [...drawn, ...stepMarks(state, context)];
    },

    axes(state, context) {
      const { of } = context.options;
      const places = placesOf(state, context, context.fullX);
      const values = kept(state).flatMap((variant) => kinds.flatMap((whose) =>
        read(state.recorded, variant, whose, of, places)));
      return { "yaxis.title.text": titles[of], "yaxis.range": range(values, of) };
    },

    summary(state, context) {
      const { recorded } = state;
      if (!isThere(state, context) || !recorded.steps.length) return "";
      const now = [recorded.steps.length - 1];
      return inWords(kept(state).map((variant) => sentence(variant, kinds.map((whose) =>
        short(read(recorded, variant, whose, context.options.of, now)[0])), context.options)));
    },

    table(state, context) {
      if (!isThere(state, context)) return { head: [], rows: [] };
      const { recorded } = state;
      const { of } = context.options;
      const places = evenly(recorded.steps.length, TABLE_ROWS);
      const found = kept(state).map((variant) => [variant.name,
        kinds.map((whose) => read(recorded, variant, whose, of, places))]);
      return {
        head: ["step", "variant", ...kinds.map((whose) => head(textOf[whose], of))],
        rows: places.flatMap((place, i) => found.map(([name, columns]) =>
          [String(recorded.steps[place]), name, ...columns.map((values) => short(values[i]))])),
      };
    },
  };
}

/** Of one unit. */
export const statistics = recordedPanel({
  whose: ["running", "batch", "exact"],
  read: (recorded, ...which) => recorded.valuesOf(...which),
  isThere: ({ recorded }, { options }) => String(recorded.unit) === options.unit,
  format: ".4g",
  says: { running: "running", batch: "in the minibatch", exact: "exact" },
  range(values, of) {
    const [low, high] = ends([values.filter(Number.isFinite)]);
    return Number.isFinite(low) ? rounded([low, high]) : { mean: [-1, 1], var: [0, 2] }[of];
  },
  titles: NAMES,
  head: (whose, of) => `${whose} ${NAMES[of]}`,
  sentence: ({ name }, [running, batch, exact], { of, unit }) =>
    `${name}, unit ${Number(unit) + 1}: running ${NAMES[of]} ${running}, last minibatch ${batch}, `
    + `exact ${exact}`,
});

/** Of the whole layer: how far from the exact ones. */
export const distances = recordedPanel({
  whose: ["running", "batch"],
  read: (recorded, ...which) => recorded.distancesOf(...which),
  format: ".3g",
  says: { running: "running", batch: "minibatch" },
  range: (values) => decades(values, { least: -2, most: 0, floor: -4, ceiling: 4 }),
  titles: UNITS,
  head: (whose, of) => `${whose}, ${UNITS[of]}`,
  sentence: ({ name }, [running, batch], { of }) =>
    `${name}: the running ${NAMES[of]} is ${running} ${UNITS[of]} away, that of the last minibatch `
    + `${batch}`,
});
