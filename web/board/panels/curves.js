// Loss and accuracy over the steps.

import { evenly, percent, short } from "../../kit/numbers.js";
import { colourOf, inWords, lineAndBand, stepMarks } from "./shared.js";

const STRETCHES = 80; // points per line: smooth, but detailed enough
const MOST_EVALUATIONS = 200;
const TABLE_ROWS = 12;

function lossCurves(state, view) {
  const size = Math.max(1, Math.ceil((view.x[1] - view.x[0]) / STRETCHES));
  return state.variants.map((variant) => state.losses.smooth("train_loss", variant.members, size));
}

export const loss = {
  traces(state, context) {
    const curves = lossCurves(state, context.view);
    return [
      ...state.variants.flatMap((variant, i) =>
        lineAndBand(curves[i], colourOf(variant, context.theme), {
          name: variant.name,
          customdata: curves[i].low.map((low, k) => [short(low), short(curves[i].high[k])]),
          hovertemplate: `${variant.name}: %{y:.4f} (%{customdata[0]} to %{customdata[1]})<extra></extra>`,
        })),
      ...stepMarks(state, context),
    ];
  },

  axes(state, { options, fullX }) {
    const values = lossCurves(state, { x: fullX }).flatMap(({ middle, low, high }) => [
      ...low, ...middle, ...high,
    ]).filter((value) => Number.isFinite(value) && value > 0);
    const [low, high] = [Math.min(...values, 0.9), Math.max(...values, 1.1)];
    if (options.scale === "linear") {
      const top = Math.min(high, 20);
      const range = [0, Math.ceil(top * 2 * 1.02) / 2];
      return { "yaxis.type": "linear", "yaxis.range": range, "yaxis.tickmode": "auto" };
    }
    const half = (value, round) => round(Math.log10(value) * 2) / 2;
    const ends = [Math.max(-10, half(low, Math.floor)), Math.min(6, half(high, Math.ceil))];
    return { "yaxis.type": "log", "yaxis.range": ends, ...decades(ends) };
  },

  summary(state) {
    return inWords(state.variants.map((variant) => {
      const { loss: value, diverged } = state.summary(variant);
      return `${variant.name}: loss ${short(value.middle)}${diverged ? ", diverged" : ""}`;
    }));
  },

  table(state) {
    return overSteps(state, state.losses, "train_loss", short);
  },
};

/** Ticks of a log axis, written in full: Plotly shortens 0.5 to "5". */
function decades([low, high]) {
  const span = high - low;
  const mantissas = span <= 2.5 ? [1, 2, 5] : [1];
  const every = span > 8 ? 2 : 1;
  const values = [];
  for (let decade = Math.floor(low / every) * every; decade <= high; decade += every) {
    const isPlain = decade >= -3 && decade < 4; // elsewhere only powers of ten
    values.push(...mantissas.slice(0, isPlain ? 3 : 1).map((mantissa) => mantissa * 10 ** decade));
  }
  const text = (value) => (value >= 1e-3 && value < 1e4 ? String(Number(value.toPrecision(1)))
    : `10<sup>${Math.round(Math.log10(value))}</sup>`);
  return {
    "yaxis.tickmode": "array", "yaxis.tickvals": values, "yaxis.ticktext": values.map(text),
  };
}

export const accuracy = {
  traces(state, context) {
    const { theme, view } = context;
    const target = state.hello.target;
    return [
      {
        type: "scatter", mode: "lines", x: view.x, y: [target, target], hoverinfo: "skip",
        line: { color: theme.muted, width: 1, dash: "dot" },
      },
      ...state.variants.flatMap((variant) => {
        const colour = colourOf(variant, theme);
        const lineOf = (name) =>
          state.evaluations.line(name, variant.members, view.x, MOST_EVALUATIONS);
        const exact = lineOf("exact_accuracy");
        const running = lineOf("validation_accuracy");
        // The two can differ only where there are running statistics.
        const dashed = !variant.has_statistics ? [] : [{
          type: "scatter", mode: "lines", x: exact.x, y: exact.middle, opacity: 0.8,
          line: { color: colour, width: 1.6, dash: "dash" }, name: `${variant.name}, exact`,
          hovertemplate: `${variant.name}: %{y:.1%} with exact statistics<extra></extra>`,
        }];
        return [...dashed, ...lineAndBand(running, colour, {
          name: variant.name, hovertemplate: `${variant.name}: %{y:.1%}<extra></extra>`,
        })];
      }),
      ...stepMarks(state, context),
    ];
  },

  axes: () => ({}),

  summary(state) {
    return inWords(state.variants.map((variant) => {
      const { accuracy: value, best } = state.summary(variant);
      return `${variant.name}: ${percent(value.middle)} right, best ${percent(best.middle)}`;
    }));
  },

  table(state) {
    return overSteps(state, state.evaluations, "validation_accuracy", percent);
  },
};

/** Medians of every variant at some steps, evenly spaced. */
function overSteps(state, series, name, write) {
  const steps = series.steps.values;
  const chosen = evenly(steps.length, TABLE_ROWS).map((place) => steps[place]);
  return {
    head: ["step", ...state.variants.map(({ name: variant }) => variant)],
    rows: chosen.map((step) => [
      String(step),
      ...state.variants.map((variant) => {
        const values = series.at(name, variant.members, step).sort((a, b) => a - b);
        return write(values[(values.length - 1) >> 1]);
      }),
    ]),
  };
}
