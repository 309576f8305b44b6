// One number per layer: gradient norms, updates, saturated and dead shares, running statistics.

import { percent, short } from "../../kit/numbers.js";
import { colourOf, decades, inWords, lineAndBand } from "./shared.js";

/** A panel of one value per layer. name(options) says which part of the frame it shows. */
function perLayer({ name, hasOutput, write, axes, extra = () => [], words }) {
  const count = (variant) => variant.layers + (hasOutput ? 1 : 0);
  const over = (state, variant, options) =>
    state.overLayers(name(options), variant, count(variant));
  return {
    traces(state, context) {
      const { theme, options } = context;
      const deepest = Math.max(...state.variants.map(({ layers }) => layers));
      return [...extra(state, context), ...state.variants.flatMap((variant) => {
        const points = over(state, variant, options);
        const colour = colourOf(variant, theme);
        // The output layer of a shallower variant stands below "out", too.
        const x = points.map((_, i) => (hasOutput && i === variant.layers ? deepest + 1 : i + 1));
        const pick = (part) => points.map((point) => point[part]);
        return lineAndBand({ x, middle: pick("middle"), low: pick("low"), high: pick("high") },
          colour, {
            mode: "lines+markers", marker: { color: colour, size: 8 }, name: variant.name,
            text: pick("middle").map(write), hovertemplate: `${variant.name}: %{text}<extra></extra>`,
          });
      })];
    },

    axes: (state, context) => axes?.(state.variants.flatMap((variant) =>
      over(state, variant, context.options).flatMap(({ low, high }) => [low, high])), context) ?? {},

    summary(state, { options }) {
      return inWords(state.variants.map((variant) => {
        const points = over(state, variant, options);
        if (!points.length) return "";
        const ends = [points[0], points.at(-1)].map(({ middle }) => write(middle));
        return `${variant.name}: ${words(options)} ${ends[0]} in the first layer, ${ends[1]} in the last`;
      }));
    },

    table(state, { options }) {
      const columns = state.variants.map((variant) => over(state, variant, options));
      const rows = Math.max(...columns.map((points) => points.length));
      return {
        head: ["layer", ...state.variants.map((variant) => variant.name)],
        rows: Array.from({ length: rows }, (_, i) => [
          hasOutput && i === rows - 1 ? "out" : String(i + 1),
          ...columns.map((points) => (points[i] ? write(points[i].middle) : "")),
        ]),
      };
    },
  };
}

export const gradients = perLayer({
  name: () => "gradient_norm",
  hasOutput: true,
  write: short,
  words: () => "gradient norm",
  axes: (values) => {
    const [low, high] = decades(values, { least: -4, most: 0, step: 2 });
    return { "yaxis.range": [low - 0.2, high + 0.2] };
  },
});

export const updates = perLayer({
  name: () => "update_ratio",
  hasOutput: true,
  write: short,
  words: () => "update to weight ratio",
  axes: (values) => {
    const [low, high] = decades(values, { least: -6, most: 0, step: 2 });
    return { "yaxis.range": [low - 0.2, high + 0.2] };
  },
  extra: (state, { theme, view }) => [{
    type: "scatter", mode: "lines", x: view.x, y: [1e-3, 1e-3], hoverinfo: "skip",
    line: { color: theme.muted, width: 1.5, dash: "dot" },
  }],
});

export const saturation = perLayer({
  name: (options) => options.share,
  hasOutput: false,
  write: percent,
  words: (options) => (options.share === "dead" ? "dead units" : "saturated"),
});

export const running = perLayer({
  name: (options) => options.gap,
  hasOutput: false,
  write: short,
  words: (options) => (options.gap === "mean_gap" ? "gap of the mean" : "gap of the variance"),
  axes: (values) => {
    const high = Math.max(0.2, ...values.filter(Number.isFinite));
    return { "yaxis.range": [0, Number((Math.ceil((high * 1.05) / 0.2) * 0.2).toFixed(1))] };
  },
});
