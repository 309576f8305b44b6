// Everything on the page for one sweep: transport, maps, one cell, the difference of two variants.

import { make, notice } from "../kit/dom.js";
import { readTheme } from "../kit/theme.js";
import { readView, writeView } from "./address.js";
import { CellPanel } from "./cell.js";
import { Choice } from "./choice.js";
import { CurvesPlot } from "./curves.js";
import { MapPlot } from "./map.js";
import { Pair } from "./pair.js";
import { Transport } from "./transport.js";

const LOOK_MS = 60; // a slider, or a key that repeats, asks more often than it can be answered
const TICK_MS = 500; // some browsers refuse to change the address much more often

export class Screen {
  /** hash: what the link asks to look at; sweep: {data, plotly, command(document), extend(path, end), tellView()} */
  constructor(parent, hello, sweep, hash) {
    Object.assign(this, { parent, hello, sweep });
    const { variants } = hello;
    this.view = readView(hash, hello);
    this.path = location.pathname;
    this.transport = new Transport(hello, sweep);
    this.choice = new Choice(hello, (changes) => this.look(changes));
    this.ending = make("p", { class: "ending", hidden: true });
    this.edges = make("div", { class: "edges" });
    // One axis: a figure of curves; two: one map per variant.
    this.plots = hello.axes.length === 1 ? [this.curves()] : variants.map((variant) => this.mapOf(variant));
    this.cell = new CellPanel(hello, sweep.plotly, (cell) => this.look({ cell }));
    this.pair = variants.length > 1 && new Pair(hello, sweep.plotly, (pair) => this.look({ pair }));
    const hint = make("p", { class: "label" },
      "Click a network to see its curves, or pick one with the arrow keys.");
    parent.replaceChildren(this.transport.element, this.ending, this.choice.element, this.edges,
      make("div", { class: "maps" }, ...this.plots.map(({ root }) => root)), hint,
      this.cell.element, this.pair ? this.pair.element : "");
    this.markCell();
    this.tick();
    this.clock = setInterval(() => this.tick(), TICK_MS);
  }

  /** Follow the page's theme, and keep the view in the address, which the page sometimes rewrites. */
  tick() {
    this.parent.style.colorScheme = readTheme(this.parent).mode; // sliders and boxes, too
    const hash = writeView(this.view, this.hello);
    if (location.hash === hash || location.pathname !== this.path) return;
    history.replaceState(history.state, "", location.pathname + location.search + hash);
  }

  curves() {
    const { variants, axes: [{ count }] } = this.hello;
    return new CurvesPlot(make("div", { class: "bnlab-plot" }), this.sweep.plotly,
      { variants, columns: count, pick: (place) => this.pick(place) });
  }

  mapOf(variant) {
    const [columns, rows] = this.hello.axes;
    return new MapPlot(make("div", { class: "bnlab-plot map" }), this.sweep.plotly,
      { variant, rows: rows.count, columns: columns.count, pick: (place) => this.pick(place) });
  }

  pick(place) {
    this.look({ cell: place && { ...place, seed_index: this.view.cell?.seed_index ?? 0 } });
  }

  leave() {
    clearInterval(this.clock);
    clearTimeout(this.looking);
    for (const part of [...this.plots, this.cell, this.pair]) {
      if (part) part.leave();
    }
  }

  /** The learner looks at something else. */
  look(changes) {
    this.view = { ...this.view, ...changes };
    this.choice.follow(this.view);
    this.markCell();
    this.looking ??= setTimeout(() => {
      this.looking = null;
      this.sweep.tellView();
    }, LOOK_MS);
  }

  markCell() {
    const { cell } = this.view;
    const place = cell && { variant: cell.variant, row: cell.row, column: cell.column };
    for (const plot of this.plots) {
      plot.mark(place && (plot.variant ?? place.variant) === place.variant ? place : null);
    }
    if (!cell) this.cell.close();
  }

  draw(update) {
    this.transport.draw(update);
    this.choice.draw(update, this.view);
    this.drawEnding(update.run);
    update.figures.forEach((figure, index) => this.plots[index].put(figure));
    this.drawEdges(update.edges);
    if (update.cell && this.view.cell) this.cell.draw(update.cell);
    if (update.difference && this.pair) this.pair.draw(update.difference, this.view.pair);
  }

  drawEnding({ state, reason, has_ended: hasEnded }) {
    const heads = { failed: "This sweep failed", cancelled: "Stopped; what was done stays", interrupted: "Interrupted" };
    const text = hasEnded && state !== "completed" ? `${heads[state]}. ${reason}`.trim() : "";
    if (this.ending.textContent === text) return;
    this.ending.hidden = !text;
    this.ending.className = `ending ${state}`;
    this.ending.setAttribute("role", state === "failed" ? "alert" : "status");
    this.ending.replaceChildren(text);
  }

  /** Best values on the edge of an axis, each end with a button that extends it. */
  drawEdges(edges) {
    const key = JSON.stringify(edges);
    if (key === this.edgesKey) return;
    this.edgesKey = key;
    this.edges.replaceChildren(...edges.map(({ path, end, text }) => notice(text, make("button", {
      type: "button", onclick: () => this.sweep.extend(path, end),
      title: "Add a value at this end of the axis, and start the sweep again",
    }, "Extend the axis"), "status")));
  }
}
