// One panel: axes by Plotly, traces by the canvas painter while they move and by Plotly at rest.

import { make, options, table } from "../kit/dom.js";
import { clear, paint } from "../kit/painter.js";
import { drawerOf } from "./panels.js";
import { themed } from "../kit/theme.js";

const CONFIG = { displayModeBar: false, responsive: false, doubleClick: "reset" };
const WORDS_EVERY_MS = 1000;

export class Figure {
  /** board: {state, theme, prefs, plotly, onOption(panel, id, value)} */
  constructor(panel, board) {
    this.panel = panel;
    this.board = board;
    this.drawer = drawerOf(panel);
    this.graph = make("div", { class: "graph", "aria-hidden": "true" });
    this.canvas = make("canvas", { class: "moving", "aria-hidden": "true" });
    this.picture = make("div", { class: "picture", role: "img", "aria-label": panel.alt },
      this.graph, this.canvas);
    this.help = make("dl", { class: "help", hidden: true },
      ...panel.help.flatMap(([mark, meaning]) => [make("dt", {}, mark), make("dd", {}, meaning)]));
    this.table = make("div", {
      class: "numbers", hidden: true, tabindex: "0", role: "region",
      "aria-label": `${panel.title} as a table`,
    });
    this.element = make("section", {
      class: `panel${panel.is_wide ? " wide" : ""}`, "aria-label": panel.title, "data-panel": panel.id,
    }, this.head(), this.help, this.picture, this.table);
    this.ghosts = ghostsOf(panel.layout);
    this.isBuilt = false;
    this.isSeen = true;
    this.saidAt = 0;
  }

  head() {
    const toggle = (label, words, part) => make("button", {
      type: "button", class: "small", title: words, "aria-label": `${words}: ${this.panel.title}`,
      "aria-expanded": "false",
      onclick: ({ currentTarget }) => {
        part.hidden = !part.hidden;
        currentTarget.setAttribute("aria-expanded", String(!part.hidden));
        this.say(true);
      },
    }, label);
    return make("header", {}, make("h3", {}, this.panel.title),
      make("div", { class: "options" },
        ...this.panel.options.map((option) => this.option(option)),
        toggle("?", "What the marks mean", this.help),
        toggle("Table", "The numbers as a table", this.table),
        make("button", {
          type: "button", class: "small", title: "Save as PNG",
          "aria-label": `Save as PNG: ${this.panel.title}`, onclick: () => this.save(),
        }, "PNG")));
  }

  option({ id, label, choices }) {
    const select = make("select", {
      "aria-label": `${label}: ${this.panel.title}`, "data-option": id,
      onchange: () => this.board.onOption(this.panel, id, select.value),
    }, ...options(choices));
    select.value = id === "quantity" ? this.board.prefs.quantity : this.options[id];
    return select;
  }

  get options() {
    const chosen = this.board.prefs.options[this.panel.id] ?? {};
    return Object.fromEntries(this.panel.options.map(({ id, choices }) =>
      [id, chosen[id] ?? choices[0][0]]));
  }

  /** What a drawer is given besides the state. */
  get context() {
    const inUnits = ({ type, range }) => (type === "log" ? range.map((end) => 10 ** end) : [...range]);
    const { xaxis, yaxis } = this.graph._fullLayout;
    return {
      panel: this.panel, theme: this.board.theme, options: this.options,
      quantity: this.board.prefs.quantity, fullX: this.panel.layout.xaxis.range,
      view: { x: inUnits(xaxis), y: inUnits(yaxis), isLog: yaxis.type === "log" },
    };
  }

  /** Draw the axes; the figure must be in the page. */
  async build() {
    this.isBuilding = true;
    this.width = this.picture.clientWidth;
    this.layout = this.freshLayout();
    await this.board.plotly.newPlot(this.graph, this.ghosts, this.layout, CONFIG);
    this.graph.on("plotly_relayout", () => this.board.onZoom(this));
    this.applied = null;
    this.isBuilt = true;
  }

  freshLayout() {
    const layout = themed(this.panel.layout, this.board.theme, this.board.state.variants);
    return structuredClone({ ...layout, width: this.width, uirevision: this.revision });
  }

  /** The zoom is kept while this stays the same. */
  get revision() {
    return JSON.stringify([this.options, this.board.prefs.quantity]);
  }

  /** Start over after the page's colours, its width or an option has changed. */
  renew() {
    if (!this.isBuilt) return;
    this.width = this.picture.clientWidth;
    this.layout = this.freshLayout();
    this.applied = null;
    this.isStale = true;
  }

  /** Let the axes follow the data; true if they moved. */
  fitAxes() {
    const patch = this.drawer.axes(this.board.state, this.context);
    const wanted = JSON.stringify(patch);
    if (wanted === this.applied && !this.isStale) return false;
    for (const [path, value] of Object.entries(patch)) put(this.layout, path, value);
    this.applied = wanted;
    this.isStale = false;
    return true;
  }

  /** Draw the state quickly, while it moves. */
  paint() {
    if (!this.isBuilt) return;
    if (this.fitAxes()) this.board.plotly.react(this.graph, this.ghosts, this.layout, CONFIG);
    paint(this.canvas, this.graph, this.drawer.traces(this.board.state, this.context));
    this.picture.classList.add("is-moving");
    this.say();
  }

  /** Draw the state with Plotly, so that it can be hovered over and zoomed. */
  settle() {
    if (!this.isBuilt) return;
    this.fitAxes();
    const traces = this.drawer.traces(this.board.state, this.context);
    this.board.plotly.react(this.graph, [...this.ghosts, ...traces], this.layout, CONFIG);
    this.picture.classList.remove("is-moving");
    clear(this.canvas);
    this.say(true);
  }

  /** The state in words for screen readers, and in numbers in the table. */
  say(isNow = false) {
    const now = performance.now();
    if (!isNow && now - this.saidAt < WORDS_EVERY_MS) return;
    this.saidAt = now;
    const summary = this.drawer.summary(this.board.state, this.context);
    this.picture.setAttribute("aria-label", `${this.panel.alt} ${summary}`.trim());
    if (!this.table.hidden) this.table.replaceChildren(this.numbers());
  }

  numbers() {
    const numbers = this.drawer.table(this.board.state, this.context);
    return numbers.rows.length ? table(numbers, this.panel.title)
      : make("p", {}, "Nothing has been measured yet.");
  }

  async save() {
    const { theme, plotly, state } = this.board;
    const traces = withLegend(this.drawer.traces(state, this.context), state.variants);
    const hasNames = this.panel.layout.annotations !== undefined;
    const layout = {
      ...this.layout, paper_bgcolor: theme.background, showlegend: !hasNames,
      title: { text: `${this.panel.title}, step ${state.step}`, x: 0.02, font: { size: 16 } },
      margin: { ...this.layout.margin, t: this.layout.margin.t + 40 },
      legend: { orientation: "h", y: 1, yanchor: "bottom", x: 1, xanchor: "right" },
    };
    const { width, height } = this.layout;
    const url = await plotly.toImage({ data: traces, layout }, {
      format: "png", width, height: height + 40, scale: 2,
    });
    make("a", { href: url, download: `bnlab-${this.panel.id}-step-${state.step}.png` }).click();
  }
}

/** Traces without points: Plotly drops axes that no trace uses. */
function ghostsOf(layout) {
  const axes = Object.keys(layout).filter((key) => key.startsWith("xaxis"));
  return axes.map((key) => {
    const number = key.slice("xaxis".length);
    return {
      type: "scatter", x: [null], y: [null], hoverinfo: "skip",
      xaxis: `x${number}`, yaxis: `y${number}`,
    };
  });
}

function put(target, path, value) {
  const keys = path.split(".");
  const last = keys.pop();
  let place = target;
  for (const key of keys) place = place[key] ??= {};
  place[last] = value;
}

/** Traces with one legend entry per variant. */
function withLegend(traces, variants) {
  const missing = new Set(variants.map(({ name }) => name));
  return traces.map((trace) => ({ ...trace, showlegend: missing.delete(trace.name) }));
}
