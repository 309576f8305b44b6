// What the networks predict: decision images of the plane, or digits with predictions.

import { percent } from "../../kit/numbers.js";
import { axisName, colourOf, inWords } from "./shared.js";

const SYMBOLS = ["circle", "square", "diamond"];
const DIGIT_COLUMNS = 9; // eight pixels and a gap

const rowsOf = (data, size) =>
  Array.from({ length: data.length / size }, (_, i) => data.subarray(i * size, (i + 1) * size));

/** From the background to a class's colour, once for each class. */
function scaleOf(classes, theme) {
  const ground = theme.isDark ? "#20252b" : "#f7f7f8";
  return classes.flatMap((colour, k) => [
    [k / classes.length, ground],
    [(k + 1) / classes.length, colour],
  ]);
}

const decision = {
  traces(state, { panel, theme }) {
    const { points, point_classes: classes, extent } = state.header;
    if (!points || !state.frame?.decision) return [];
    const side = state.frame.decision.shape[1];
    const [x0, x1, y0, y1] = extent.data;
    const x = Array.from(classes.data, (_, i) => points.data[2 * i]);
    const y = Array.from(classes.data, (_, i) => points.data[2 * i + 1]);
    const marker = {
      color: Array.from(classes.data, (k) => panel.classes[k]),
      symbol: Array.from(classes.data, (k) => SYMBOLS[k]),
      size: 5, line: { color: theme.background, width: 0.8 },
    };
    return state.variants.flatMap((variant, column) => {
      const axes = { xaxis: axisName("x", column), yaxis: axisName("y", column) };
      return [
        {
          type: "heatmap", z: rowsOf(state.watched("decision", variant), side),
          x0, dx: (x1 - x0) / (side - 1), y0, dy: (y1 - y0) / (side - 1),
          zmin: 0, zmax: 255, colorscale: scaleOf(panel.classes, theme), showscale: false,
          opacity: 0.75, hoverinfo: "skip", ...axes,
        },
        {
          type: "scatter", mode: "markers", x, y, marker, name: variant.name, ...axes,
          text: Array.from(classes.data, (k) => `class ${k + 1}`),
          hovertemplate: "%{text} at (%{x:.2f}, %{y:.2f})",
        },
      ];
    });
  },

  axes(state) {
    if (!state.header.extent) return {};
    const [x0, x1, y0, y1] = state.header.extent.data;
    const patch = {};
    state.variants.forEach((_, column) => {
      patch[`xaxis${column ? column + 1 : ""}.range`] = [x0, x1];
      patch[`yaxis${column ? column + 1 : ""}.range`] = [y0, y1];
    });
    return patch;
  },

  summary(state) {
    return inWords(state.variants.map((variant) =>
      `${variant.name}: ${percent(pointsRight(state, variant).share)} of the points right`));
  },

  table(state) {
    return {
      head: ["variant", "points", "right"],
      rows: state.variants.map((variant) => {
        const { n, share } = pointsRight(state, variant);
        return [variant.name, String(n), percent(share)];
      }),
    };
  },
};

/** How many of the points are where the image shows their class. */
function pointsRight(state, variant) {
  const { points, point_classes: classes, extent } = state.header;
  const image = state.watched("decision", variant);
  if (!points || !image) return { n: 0, share: NaN };
  const side = state.frame.decision.shape[1];
  const [x0, x1, y0, y1] = extent.data;
  const kinds = state.hello.panels.find(({ id }) => id === "pictures").classes.length;
  const pixel = (value, low, high) =>
    Math.min(side - 1, Math.max(0, Math.round(((value - low) / (high - low)) * (side - 1))));
  const n = classes.data.length;
  let right = 0;
  for (let i = 0; i < n; i += 1) {
    const column = pixel(points.data[2 * i], x0, x1);
    const line = pixel(points.data[2 * i + 1], y0, y1);
    right += Math.floor((image[line * side + column] * kinds) / 255.01) === classes.data[i] ? 1 : 0;
  }
  return { n, share: right / n };
}

const digits = {
  traces(state, { theme }) {
    const { examples, example_classes: truth } = state.header;
    if (!examples) return [];
    return [drawn(examples, theme), ...(state.frame?.answers
      ? state.variants.flatMap((variant) => answersOf(state, variant, truth, theme)) : [])];
  },
  axes: () => ({}),
  summary(state) {
    const { example_classes: truth } = state.header;
    if (!truth || !state.frame?.answers) return "";
    return inWords(state.variants.map((variant) => {
      const answers = state.watched("answers", variant);
      const certain = state.watched("confidence", variant);
      if (Number.isNaN(certain[0])) return `${variant.name}: no answer`;
      const right = answers.filter((answer, i) => answer === truth.data[i]).length;
      return `${variant.name}: ${right} of ${answers.length} digits right`;
    }));
  },
  table(state) {
    const { example_classes: truth } = state.header;
    if (!truth || !state.frame?.answers) return { head: [], rows: [] };
    return {
      head: ["digit", ...state.variants.map(({ name }) => name)],
      rows: Array.from(truth.data, (digit, i) => [
        String(digit),
        ...state.variants.map((variant) => {
          const certain = state.watched("confidence", variant)[i];
          return Number.isNaN(certain) ? percent(certain)
            : `${state.watched("answers", variant)[i]} (${percent(certain)})`;
        }),
      ]),
    };
  },
};

/** The digits in one row, as one heatmap. */
function drawn(examples, theme) {
  const [count, side] = examples.shape;
  const z = Array.from({ length: side }, () => new Float32Array(count * DIGIT_COLUMNS).fill(NaN));
  for (let k = 0; k < count; k += 1) {
    for (let r = 0; r < side; r += 1) {
      for (let c = 0; c < side; c += 1) {
        z[side - 1 - r][k * DIGIT_COLUMNS + c] = examples.data[(k * side + r) * side + c];
      }
    }
  }
  const ink = theme.isDark ? "rgba(232,234,237," : "rgba(27,31,36,";
  return {
    type: "heatmap", z, x0: 1 / DIGIT_COLUMNS, dx: 1 / DIGIT_COLUMNS, y0: 0.12, dy: 0.11,
    zmin: 0, zmax: 16, showscale: false, hoverinfo: "skip",
    colorscale: [[0, `${ink}0.04)`], [1, `${ink}1)`]],
  };
}

function answersOf(state, variant, truth, theme) {
  const answers = Array.from(state.watched("answers", variant));
  const certain = Array.from(state.watched("confidence", variant));
  const colour = colourOf(variant, theme);
  const middle = answers.map((_, i) => i + 0.5);
  const line = -variant.index - 0.4;
  const hasAnswer = certain.map((share) => !Number.isNaN(share)); // a diverged network has none
  const isRight = answers.map((answer, i) => hasAnswer[i] && answer === truth.data[i]);
  const strokes = { x: [], y: [] };
  const bars = { x: [], y: [] };
  answers.forEach((_, i) => {
    if (hasAnswer[i] && !isRight[i]) {
      strokes.x.push(i + 0.25, i + 0.75, null);
      strokes.y.push(line, line, null);
    }
    bars.x.push(i + 0.12, i + 0.12 + 0.76 * (certain[i] || 0), null);
    bars.y.push(line - 0.38, line - 0.38, null);
  });
  return [
    {
      type: "scatter", mode: "text", x: [-3.15], y: [line], text: [variant.name], hoverinfo: "skip",
      textposition: "middle right", textfont: { color: colour, size: 14 },
    },
    {
      type: "scatter", mode: "text", x: middle, y: middle.map(() => line),
      text: answers.map((answer, i) => (hasAnswer[i] ? String(answer) : "–")),
      textposition: "middle center", name: variant.name,
      textfont: { color: isRight.map((is) => (is ? colour : theme.muted)), size: 16 },
      customdata: certain.map((share, i) => [truth.data[i], percent(share)]),
      hovertemplate: "%{customdata[0]}, predicted as %{text}<br>confidence %{customdata[1]}",
    },
    {
      type: "scatter", mode: "lines", ...strokes, hoverinfo: "skip",
      line: { color: theme.muted, width: 2 },
    },
    {
      type: "scatter", mode: "lines", ...bars, hoverinfo: "skip", line: { color: colour, width: 3 },
    },
  ];
}

export const pictures = { decision, digits };
