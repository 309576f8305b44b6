// Figures that are drawn again and again: Plotly's axes and explanations from Python
// (bnlab/figures/microscope.py), the numbers from here.

import { digits } from "../bench/words.js";
import { loadPlotly } from "../board/plotly.js";
import { Plot } from "../plot/plot.js";
import { summary } from "./seen.js";

const SAY_MS = 1000; // the words of a picture change no more often
const TABLE_ROWS = 25;
const MANY = 64; // marks: above it they are drawn smaller
const RELAX = 0.06; // of its surplus, an axis gives back at each answer

export const shown = (value) => (Number.isFinite(value) ? digits(value) : "–");

class LivePlot extends Plot {
  constructor(root, url, template) {
    super(root);
    this.template = template;
    this.figure = { ...template, alt: template.title, table: { head: [], rows: [] } };
    this.say();
    this.saidAt = -Infinity;
    loadPlotly(url).then((plotly) => {
      this.plotly = plotly;
      this.draw();
    }, (error) => this.picture.replaceChildren(error.message));
  }

  /** Draw these traces; alt() and table() are asked for when somebody reads them. */
  put({ traces, layout, alt, table }) {
    this.words = { alt, table };
    this.figure = { ...this.figure, traces, layout };
    if (performance.now() - this.saidAt > SAY_MS) this.tell();
    this.draw();
  }

  tell() {
    this.saidAt = performance.now();
    this.picture.setAttribute("aria-label", this.words.alt());
    if (this.table.hidden) return;
    const { scrollTop } = this.table;
    this.figure.table = this.words.table();
    this.figure.alt = this.words.alt();
    this.say();
    this.table.scrollTop = scrollTop;
  }

  toggle(button, part) {
    super.toggle(button, part);
    if (part === this.table && this.words) this.tell();
  }
}

/** x, x̂ and y of the minibatch on one axis. */
export class Values extends LivePlot {
  take(seen) {
    const all = { x: seen.x, normalized: seen.normalized, y: seen.y };
    const summaries = Object.entries(all).map(([name, values]) => [name, summary(values)]);
    const of = Object.fromEntries(summaries);
    this.range = relaxed(this.range, Math.min(...summaries.map(([, { low }]) => low)),
      Math.max(...summaries.map(([, { high }]) => high)));
    const marker = seen.size > MANY ? { size: 5, opacity: 0.6 } : {};
    const { layout } = this.template;
    this.put({
      traces: this.template.traces.map((trace) => (trace.is_bar ? bar(trace, of[trace.of])
        : { ...marks(trace, all[trace.of]), marker: { ...trace.marker, ...marker } })),
      layout: { ...layout, xaxis: { ...layout.xaxis, range: padded(this.range) } },
      alt: () => `${this.template.title}, ${seen.size} examples at step ${seen.step}. ${
        Object.entries(SIGNS).map(([name, sign]) =>
          `${sign} has mean ${shown(of[name].mean)} and standard deviation ${shown(of[name].std)}`).join("; ")}.`,
      table: () => ({
        head: ["example", ...Object.values(SIGNS)],
        rows: seen.x.map((x, i) => [String(i + 1), shown(x), shown(seen.normalized[i]), shown(seen.y[i])]),
      }),
    });
  }

  forget() {
    this.range = null;
  }
}

const SIGNS = { x: "x", normalized: "x̂", y: "y" };

function marks(trace, values) {
  // Up and down by a rule that spreads neighbours, always the same for one example.
  const y = values.map((_, i) => trace.place + 0.42 * (((i * 0.618034) % 1) - 0.5));
  return { ...trace, x: values, y };
}

function bar(trace, { mean, std }) {
  return { ...trace, x: [mean - std, mean, mean + std], y: [trace.place, trace.place, trace.place] };
}

/** The ends of an axis: wider at once, narrower bit by bit, so that it does not jump. */
function relaxed(range, low, high) {
  if (!Number.isFinite(low) || !Number.isFinite(high)) return range ?? [-1, 1];
  if (!range) return [low, high];
  const [a, b] = range;
  return [Math.min(low, a + RELAX * (low - a)), Math.max(high, b + RELAX * (high - b))];
}

function padded([low, high]) {
  const room = 0.04 * (high - low) || 0.5;
  return [low - room, high + room];
}

/** Numbers of the unit over the steps that were seen. */
export class Course extends LivePlot {
  take(history) {
    const { steps, values } = history;
    const traces = this.template.traces.map((trace) => ({
      ...trace, x: steps, y: values[trace.of], visible: values[trace.of].some(Number.isFinite),
    }));
    const { layout } = this.template;
    const range = [steps[0], Math.max(steps.at(-1), steps[0] + 10)];
    this.put({
      traces,
      layout: { ...layout, xaxis: { ...layout.xaxis, range } },
      alt: () => `${this.template.title} from step ${steps[0]} to step ${steps.at(-1)}. ${
        traces.filter(({ visible }) => visible).map(({ name, y }) =>
          `${name}: first ${shown(y[0])}, now ${shown(y.at(-1))}`).join("; ")}.`,
      table: () => ({
        head: ["step", ...traces.map(({ name }) => name)],
        rows: thinned(steps.length).map((place) =>
          [String(steps[place]), ...traces.map(({ y }) => shown(y[place]))]),
      }),
    });
  }
}

/** Places of at most so many rows, the first and the last among them. */
function thinned(count) {
  const rows = Math.min(TABLE_ROWS, count);
  return Array.from({ length: rows }, (_, i) => (rows === 1 ? 0 : Math.round((i * (count - 1)) / (rows - 1))));
}
