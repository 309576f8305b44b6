// The values of one set on a line: their mean, their spread, and both scales, x and x̂.

import { make, svg } from "../kit/dom.js";
import { written } from "./sets.js";

const HEIGHT = 132;
const MARGIN = 14;
const LINE = 66; // from the top to the middle of the values
const HALF = 15; // of a value's mark

const KEYS = {
  centred: "Lines: the values of the set. Bar: their mean. Shade: one standard deviation to each side. "
    + "Dot: the picked value. The scale below is x, above x̂.",
  uncentred: "Lines: the values of the set. Bar: zero, as no mean is subtracted. Shade: the root of the mean "
    + "square to each side. Dot: the picked value. The scale below is x, above x̂.",
  alone: "Dot: the picked value, alone in its set.",
};

export class Strip {
  constructor() {
    this.svg = svg("svg", { class: "strip", role: "img", height: HEIGHT });
    this.key = make("p", { class: "label" });
    this.element = make("div", {}, this.svg, this.key);
  }

  /** Show values (x of the set), the picked one, and the statistics; no statistics: values alone. */
  show({ values, x, mean, variance, eps, isCentred, title }) {
    this.scene = { values, x, mean: isCentred ? mean : 0, std: Math.sqrt(variance + eps), isCentred, title };
    this.draw();
  }

  draw() {
    const width = this.element.clientWidth;
    if (!this.scene || !width) return;
    const { values, x, mean, std, isCentred, title } = this.scene;
    const hasResult = Number.isFinite(std);
    const ends = hasResult ? [...values, mean - std, mean + std] : values;
    const [low, high] = [Math.min(...ends), Math.max(...ends)];
    const room = (high - low) * 0.04 || 1;
    const scale = (width - 2 * MARGIN) / (high - low + 2 * room);
    const place = (value) => MARGIN + (value - low + room) * scale;
    const parts = [];
    if (hasResult) {
      parts.push(svg("rect", {
        class: "spread", x: place(mean - std), y: LINE - 24, width: 2 * std * scale, height: 48, rx: 4,
      }));
    }
    const marks = values.map((value) => `M${place(value).toFixed(1)} ${LINE - HALF}v${2 * HALF}`);
    parts.push(svg("path", { class: "value", d: marks.join("") })); // one element: there may be 2,048
    const [lower, upper] = [LINE + 30, LINE - 30];
    parts.push(...ruler(place, ticks(low - room, high + room, width / 70), written, lower, "x", 1, width));
    if (hasResult) {
      const whole = [];
      const [from, to] = [(low - room - mean) / std, (high + room - mean) / std].map(Math.trunc);
      for (let k = from; k <= to; k += Math.max(1, Math.ceil((to - from) / 8))) whole.push(k);
      if (!whole.includes(0)) whole.push(0);
      parts.push(...ruler((k) => place(mean + k * std), whole, String, upper, "x̂", -1, width));
      parts.push(mark("mean", place(mean), LINE - 26, LINE + 26));
    }
    parts.push(svg("circle", { class: "one", cx: place(x), cy: LINE, r: 6 }));
    this.svg.replaceChildren(...parts);
    this.svg.setAttribute("width", width);
    this.svg.setAttribute("aria-label", `${title} on a line, from ${written(Math.min(...values))} to ${
      written(Math.max(...values))}; the picked one is ${written(x)}.`);
    this.key.textContent = !hasResult ? KEYS.alone : isCentred ? KEYS.centred : KEYS.uncentred;
  }
}

const mark = (name, x, y1, y2) => svg("line", { class: name, x1: x, x2: x, y1, y2 });

function ruler(place, values, say, y, name, side, width) {
  return [
    svg("line", { class: "axis", x1: MARGIN, x2: width - MARGIN, y1: y, y2: y }),
    ...values.flatMap((value) => [
      mark("axis", place(value), y, y + side * 5),
      svg("text", { class: "tick", x: place(value), y: y + side * 14, dy: "0.35em", "text-anchor": "middle" }, say(value)),
    ]),
    svg("text", { class: "name", x: 0, y: y + side * 14, dy: "0.35em" }, name),
  ];
}

/** Round numbers between two ends, about `count` of them. */
function ticks(low, high, count) {
  const raw = (high - low) / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * [1, 2, 5, 10].find((factor) => factor * power >= raw);
  const found = [];
  for (let k = Math.ceil(low / step); k * step <= high; k += 1) found.push(Number((k * step).toPrecision(12)));
  return found;
}
