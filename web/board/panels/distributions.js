// Distributions: of every layer now (ridges), of one layer over time.

import { evenly, faint, short } from "../../kit/numbers.js";
import { HISTORY_COLUMNS } from "../state.js";
import { axisName, colourOf, inWords } from "./shared.js";

const TALL = 1.6; // height in rows of a ridge with all values in one bin
const EDGE = 0.05; // room for the bars at both ends, as a share of the axis

const widen = ([low, high]) => {
  const room = (high - low) * EDGE;
  return [low - room, high + room];
};

/** Shares of a layer's values per bin, below and above the axis, for one variant. */
function layerShares(state, variant, layer) {
  const bins = state.hello.bins;
  const counts = state.watched("layers/counts", variant).subarray(layer * bins, (layer + 1) * bins);
  const under = state.watched("layers/under", variant)[layer];
  const over = state.watched("layers/over", variant)[layer];
  const total = counts.reduce((sum, n) => sum + n, under + over) || 1;
  return { bins: Array.from(counts, (n) => n / total), under: under / total, over: over / total };
}

const height = (share) => TALL * Math.sqrt(share);

function ridge(outline, { shares, range: [low, high], base, layer }) {
  const width = (high - low) / shares.length;
  const put = (x, y, share) => {
    outline.x.push(x);
    outline.y.push(y);
    outline.customdata.push([layer + 1, share === null ? "" : `${(100 * share).toFixed(2)} %`]);
  };
  put(low, base, 0);
  shares.forEach((share, i) => put(low + (i + 0.5) * width, base + height(share), share));
  put(high, base, 0);
  put(null, null, null);
}

function bar(outline, { from, to, base, share, layer, side }) {
  if (share === 0) return;
  const top = base + height(share);
  for (const [x, y] of [[from, base], [from, top], [to, top], [to, base], [null, null]]) {
    outline.x.push(x);
    outline.y.push(y);
    outline.customdata.push([layer + 1, `${(100 * share).toFixed(2)} % ${side} the axis`]);
  }
}

const isThere = (state, context) =>
  state.frame?.["layers/counts"] && state.frame.quantity === context.quantity;

export const distributions = {
  traces(state, context) {
    if (!isThere(state, context)) return [];
    return state.variants.flatMap((variant, column) => {
      const range = context.panel.ranges[context.quantity][variant.index];
      const [left, right] = widen(range);
      const gap = (range[0] - left) * 0.25;
      const ridges = { x: [], y: [], customdata: [] };
      const bars = { x: [], y: [], customdata: [] };
      for (let layer = 0; layer < variant.layers; layer += 1) {
        const shares = layerShares(state, variant, layer);
        const base = -(layer + 1);
        ridge(ridges, { shares: shares.bins, range, base, layer });
        bar(bars, { from: left, to: range[0] - gap, base, share: shares.under, layer, side: "below" });
        bar(bars, { from: range[1] + gap, to: right, base, share: shares.over, layer, side: "above" });
      }
      const colour = colourOf(variant, context.theme);
      const axes = { xaxis: axisName("x", column), yaxis: axisName("y", column) };
      const common = {
        type: "scatter", mode: "lines", fill: "toself", hoveron: "points", name: variant.name,
        ...axes,
      };
      return [
        {
          ...common, ...ridges, fillcolor: faint(colour, 0.35), line: { color: colour, width: 1.3 },
          hovertemplate: "layer %{customdata[0]}, at %{x:.2f}: %{customdata[1]}",
        },
        {
          ...common, ...bars, fillcolor: faint(colour, 0.85), line: { color: colour, width: 1 },
          hovertemplate: "layer %{customdata[0]}: %{customdata[1]}",
        },
      ];
    });
  },

  axes(state, { panel, quantity }) {
    // The last annotation is the title of all x axes.
    const patch = { [`annotations.${state.variants.length}.text`]: panel.axis_titles[quantity] };
    state.variants.forEach((variant, column) => {
      const axis = `xaxis${column ? column + 1 : ""}`;
      patch[`${axis}.range`] = widen(panel.ranges[quantity][variant.index]);
    });
    return patch;
  },

  summary(state, context) {
    if (!isThere(state, context)) return "";
    return inWords(state.variants.map((variant) => {
      const spreads = perLayerOf(state, variant, "layers/std");
      return `${variant.name}: standard deviation ${short(spreads[0])} in the first layer, `
        + `${short(spreads[variant.layers - 1])} in the last`;
    }));
  },

  table(state, context) {
    if (!isThere(state, context)) return { head: [], rows: [] };
    const head = ["layer", "variant", "mean", "std", "15 %", "50 %", "85 %", "below", "above"];
    const rows = state.variants.flatMap((variant) => {
      const means = perLayerOf(state, variant, "layers/mean");
      const stds = perLayerOf(state, variant, "layers/std");
      const percentiles = state.watched("layers/percentiles", variant);
      return Array.from({ length: variant.layers }, (_, layer) => {
        const { under, over } = layerShares(state, variant, layer);
        const three = Array.from(percentiles.subarray(3 * layer, 3 * layer + 3), short);
        const outside = [under, over].map((share) => `${(100 * share).toFixed(1)} %`);
        return [String(layer + 1), variant.name, short(means[layer]), short(stds[layer]), ...three,
          ...outside];
      });
    });
    return { head, rows };
  },
};

/** A value per layer of the member whose distributions are drawn. */
function perLayerOf(state, variant, name) {
  return state.perLayer(name, variant)[variant.watched - variant.first];
}

// --- one layer over time -------------------------------------------------------------------------

function historyOf(state, context) {
  const { history } = state;
  const isRight = history && history.quantity === context.quantity
    && String(history.layer) === String(context.options.layer);
  return isRight && history.parts.length ? history : null;
}

/** Shades of one variant: rows are [below, a gap, the bins, a gap, above], columns stretches of steps. */
function shades(state, variant, history) {
  const bins = state.hello.bins;
  const width = state.hello.steps / HISTORY_COLUMNS;
  const z = Array.from({ length: bins + 4 }, () => new Float32Array(HISTORY_COLUMNS).fill(NaN));
  let next = 0; // the first column without a shade
  for (const { steps, counts, under, over } of history.parts) {
    const frames = steps.shape[0];
    for (let frame = 0; frame < frames; frame += 1) {
      const place = variant.index * frames + frame;
      const own = counts.data.subarray(place * bins, (place + 1) * bins);
      const total = own.reduce((sum, n) => sum + n, under.data[place] + over.data[place]) || 1;
      const column = Math.min(HISTORY_COLUMNS - 1, Math.floor(steps.data[frame] / width));
      // A column without a frame of its own shows the frame after it.
      for (let c = Math.min(next, column); c <= column; c += 1) {
        z[0][c] = Math.sqrt(under.data[place] / total);
        z[bins + 3][c] = Math.sqrt(over.data[place] / total);
        for (let bin = 0; bin < bins; bin += 1) z[bin + 2][c] = Math.sqrt(own[bin] / total);
      }
      next = column + 1;
    }
  }
  return z;
}

function percentileLines(variant, history) {
  const x = [];
  const lines = [[], [], []];
  for (const { steps, percentiles } of history.parts) {
    const frames = steps.shape[0];
    for (let frame = 0; frame < frames; frame += 1) {
      x.push(steps.data[frame]);
      const place = 3 * (variant.index * frames + frame);
      lines.forEach((line, i) => line.push(percentiles.data[place + i]));
    }
  }
  return { x, lines };
}

export const history = {
  traces(state, context) {
    const found = historyOf(state, context);
    if (!found) return [];
    return state.variants.flatMap((variant, column) => {
      const [low, high] = context.panel.ranges[context.quantity][variant.index];
      const dy = (high - low) / state.hello.bins;
      const dx = state.hello.steps / HISTORY_COLUMNS;
      const colour = colourOf(variant, context.theme);
      const axes = { xaxis: axisName("x", column), yaxis: axisName("y", column) };
      const { x, lines } = percentileLines(variant, found);
      const marks = state.seek === null ? [] : [{
        type: "scatter", mode: "lines", x: [state.step, state.step], y: [low, high],
        line: { color: context.theme.text, width: 1 }, hoverinfo: "skip", ...axes,
      }];
      return [
        {
          type: "heatmap", z: shades(state, variant, found), x0: dx / 2, dx, y0: low - 1.5 * dy, dy,
          zmin: 0, zmax: 0.7, showscale: false, hoverinfo: "skip", ...axes,
          colorscale: [[0, faint(colour, 0)], [1, faint(colour, 1)]],
        },
        ...lines.map((y, i) => ({
          type: "scatter", mode: "lines", x, y, name: variant.name, ...axes,
          line: { color: context.theme.text, width: i === 1 ? 2 : 1.2 },
          hovertemplate: `step %{x}: ${[15, 50, 85][i]} % of the values are below %{y:.3f}`,
        })),
        ...marks,
      ];
    });
  },

  axes(state, { panel, quantity }) {
    const patch = { "yaxis.title.text": panel.axis_titles[quantity] };
    state.variants.forEach((variant, column) => {
      const [low, high] = panel.ranges[quantity][variant.index];
      const dy = (high - low) / state.hello.bins;
      patch[`yaxis${column ? column + 1 : ""}.range`] = [low - 2.5 * dy, high + 2.5 * dy];
    });
    return patch;
  },

  summary(state, context) {
    const found = historyOf(state, context);
    if (!found) return "";
    return inWords(state.variants.map((variant) => {
      const { lines } = percentileLines(variant, found);
      return `${variant.name}: median ${short(lines[1][0])} at first, ${short(lines[1].at(-1))} now`;
    }));
  },

  table(state, context) {
    const found = historyOf(state, context);
    if (!found) return { head: [], rows: [] };
    const rows = state.variants.flatMap((variant) => {
      const { x, lines } = percentileLines(variant, found);
      return evenly(x.length, 12).map((place) =>
        [String(x[place]), variant.name, ...lines.map((line) => short(line[place]))]);
    });
    return { head: ["step", "variant", "15 %", "50 %", "85 %"], rows };
  },
};
