// Figures that are redrawn as they change: Plotly's axes and explanations from Python
// (bnlab/figures/microscope.py), the numbers from here. While they move, a canvas draws them.

import { digits } from "../layer_example/words.js";
import { make } from "../kit/dom.js";
import { ends, evenly } from "../kit/numbers.js";
import { clear, paint } from "../kit/painter.js";
import { loadPlotly } from "../kit/plotly.js";
import { readTheme, themed } from "../kit/theme.js";
import { CONFIG, Plot, coloured } from "../plot/plot.js";
import { relaxed, steady, stepRange } from "./axes.js";
import { summary } from "./seen.js";

const SAY_MS = 1000; // the words of a picture change no more often than this
const TABLE_ROWS = 25;
const MANY = 64; // marks: beyond this they are drawn smaller

export const shown = (value) => (Number.isFinite(value) ? digits(value) : "–");

class MovingPlot extends Plot {
  constructor(root, url, template) {
    super(root);
    this.template = template;
    this.figure = { ...template, alt: template.title, table: { head: [], rows: [] } };
    this.say();
    this.saidAt = -Infinity;
    this.canvas = make("canvas", { class: "moving", "aria-hidden": "true" });
    this.picture.append(this.canvas);
    loadPlotly(url).then((plotly) => {
      this.plotly = plotly;
      this.draw();
    }, (error) => this.picture.replaceChildren(error.message));
  }

  /** Draw data for each trace, between these ends of the axes; alt() and table() for readers. */
  put({ data, x, y, isMoving, alt, table }) {
    Object.assign(this, { data, ends: { x, y }, isMoving, words: { alt, table } });
    if (!isMoving || performance.now() - this.saidAt > SAY_MS) this.tell();
    this.draw();
  }

  tell() {
    this.saidAt = performance.now();
    this.figure.alt = this.words.alt();
    this.picture.setAttribute("aria-label", this.figure.alt);
    if (this.table.hidden) return;
    const { scrollTop } = this.table;
    this.figure.table = this.words.table();
    this.say();
    this.table.scrollTop = scrollTop;
  }

  toggle(button, part) {
    super.toggle(button, part);
    if (part === this.table && this.words) this.tell();
  }

  draw() {
    if (!this.plotly || !this.data || !this.picture.clientWidth) return;
    const { theme, traces, layout } = this.drawn();
    if (!this.isMoving) {
      this.axes = null;
      this.plotly.react(this.graph, traces, layout, CONFIG);
      clear(this.canvas);
      return;
    }
    const axes = JSON.stringify([this.ends, theme.key, layout.width, traces.map(({ visible }) => visible)]);
    if (axes !== this.axes) {
      this.axes = axes;
      const empty = traces.map((trace) => ({ ...trace, x: [null], y: [null] }));
      this.plotly.react(this.graph, empty, layout, CONFIG);
    }
    paint(this.canvas, this.graph, traces.filter(({ visible }) => visible !== false).map(onCanvas));
  }

  drawn() {
    const theme = readTheme(this.root);
    if (theme.key !== this.themeKey) {
      this.themeKey = theme.key;
      this.styles = coloured(this.template.traces, theme);
    }
    const { layout } = this.template;
    const axis = (name, range) => ({ ...layout[name], ...(range && { range: [...range] }) });
    return {
      theme,
      traces: this.styles.map((style, i) => ({ ...style, ...this.data[i], marker: { ...style.marker, ...this.data[i].marker } })),
      layout: {
        ...themed({ ...layout, xaxis: axis("xaxis", this.ends.x), yaxis: axis("yaxis", this.ends.y) }, theme, []),
        width: this.picture.clientWidth,
      },
    };
  }
}

/** A trace as the canvas painter takes it. */
function onCanvas(trace) {
  if (!trace.marker?.symbol?.endsWith("-open")) return trace;
  const symbol = trace.marker.symbol.replace("-open", "");
  return { ...trace, opacity: trace.marker.opacity, marker: { ...trace.marker, symbol, color: "transparent" } };
}

/** x, x̂ and y of the minibatch on one axis. */
export class Values extends MovingPlot {
  take(seen, isMoving) {
    const all = { x: seen.x, normalized: seen.normalized, y: seen.y };
    const of = Object.fromEntries(Object.entries(all).map(([name, values]) => [name, summary(values)]));
    this.range = relaxed(this.range, ...ends(Object.values(all)));
    this.x = steady(this.x, this.range);
    const marker = seen.size > MANY ? { size: 5, opacity: 0.6 } : {};
    this.put({
      isMoving,
      x: this.x,
      data: this.template.traces.map((trace) => (trace.is_bar ? bar(trace, of[trace.of])
        : { ...marks(trace, all[trace.of]), marker })),
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
    this.range = this.x = null;
  }
}

const SIGNS = { x: "x", normalized: "x̂", y: "y" };

function marks({ place }, values) {
  // Up and down by a rule that separates neighbours, always the same for one example.
  return { x: values, y: values.map((_, i) => place + 0.42 * (((i * 0.618034) % 1) - 0.5)) };
}

function bar({ place }, { mean, std }) {
  return { x: [mean - std, mean + std, null, mean, mean], y: [place, place, null, place - 0.07, place + 0.07] };
}

/** Numbers of the unit over the steps that were shown. */
export class Course extends MovingPlot {
  take({ steps, values }, isMoving) {
    const lines = this.template.traces.map(({ of, name }) => ({ name, y: values[of] }));
    const [low, high] = ends(lines.map(({ y }) => y));
    this.y = Number.isFinite(low) ? steady(this.y, [low, high]) : [-1, 1];
    const there = lines.filter(({ y }) => y.some(Number.isFinite));
    this.put({
      isMoving,
      x: stepRange(steps),
      y: this.y,
      data: lines.map((line) => ({ x: steps, y: line.y, visible: there.includes(line) })),
      alt: () => `${this.template.title} from step ${steps[0]} to step ${steps.at(-1)}. ${
        there.map(({ name, y }) => `${name}: first ${shown(y[0])}, now ${shown(y.at(-1))}`).join("; ")}.`,
      table: () => ({
        head: ["step", ...lines.map(({ name }) => name)],
        rows: evenly(steps.length, TABLE_ROWS).map((place) =>
          [String(steps[place]), ...lines.map(({ y }) => shown(y[place]))]),
      }),
    });
  }
}
