// Everything on the page for one sweep: transport, maps, one cell, the difference of two variants.

import { make } from "../board/numbers.js";
import { readTheme } from "../board/theme.js";
import { CellPanel } from "./cell.js";
import { LivePlot } from "./live.js";
import { MapPlot } from "./map.js";
import { Pair } from "./pair.js";
import { Choice } from "./choice.js";
import { Transport } from "./transport.js";

const LOOK_MS = 60; // a slider, or a key that repeats, asks more often than it can be answered
const THEME_MS = 500;

export class Screen {
  /** sweep: {data, plotly, command(document), extend(end), tellView()} */
  constructor(parent, hello, sweep) {
    Object.assign(this, { parent, hello, sweep });
    const { variants, metrics } = hello;
    this.view = { metric: metrics[0].name, at: null, pair: firstPair(variants), cell: null };
    this.transport = new Transport(hello, sweep);
    this.choice = new Choice(hello, (changes) => this.look(changes));
    this.ending = make("p", { class: "ending", hidden: true });
    this.edges = make("div", { class: "edges" });
    const place = (kind) => make("div", { class: `bnlab-plot ${kind}` });
    const curves = place("curves");
    this.curves = new LivePlot(curves, sweep.plotly);
    this.maps = new Map(variants.map((variant) => [variant, this.mapOf(variant, place("map"))]));
    this.cell = new CellPanel(hello, sweep.plotly, (cell) => this.look({ cell }));
    this.pair = variants.length > 1 && new Pair(hello, sweep.plotly, (pair) => this.look({ pair }));
    this.grid = make("div", { class: "maps" }, ...[...this.maps.values()].map(({ root }) => root));
    this.hint = make("p", { class: "label" }, "Click a cell to see its curves, or pick one with the arrow keys.");
    parent.replaceChildren(this.transport.element, this.ending, this.choice.element, this.edges,
      curves, this.grid, this.hint, this.cell.element, this.pair ? this.pair.element : "");
    parent.style.colorScheme = readTheme(parent).mode; // sliders and boxes, too
    curves.hidden = hello.axes.length > 1;
    this.clock = setInterval(() => { parent.style.colorScheme = readTheme(parent).mode; }, THEME_MS);
  }

  mapOf(variant, root) {
    const [columns, rows = { count: 1 }] = this.hello.axes;
    return new MapPlot(root, this.sweep.plotly, {
      rows: rows.count, columns: columns.count,
      pick: (place) => {
        const seed_index = this.view.cell?.seed_index ?? 0;
        this.look({ cell: place && { variant, ...place, seed_index } });
      },
    });
  }

  leave() {
    clearInterval(this.clock);
    clearTimeout(this.looking);
    for (const part of [this.curves, ...this.maps.values(), this.cell, this.pair]) {
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
    for (const [variant, map] of this.maps) {
      const isHere = cell?.variant === variant;
      map.mark(isHere ? { row: cell.row, column: cell.column } : null);
    }
    if (!cell) this.cell.close();
  }

  draw(update) {
    this.transport.draw(update);
    this.choice.draw(update, this.view);
    this.drawEnding(update.run);
    for (const { variant, figure } of update.maps) this.maps.get(variant).put(figure);
    if (update.curves) this.curves.put(update.curves);
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

  /** Best values on the edge of the axis, each end with a button that extends it. */
  drawEdges(edges) {
    const key = JSON.stringify(edges);
    if (key === this.edgesKey) return;
    this.edgesKey = key;
    this.edges.replaceChildren(...edges.map(({ end, text }) => make("p", { class: "notice", role: "status" },
      make("span", {}, text), make("button", {
        type: "button", onclick: () => this.sweep.extend(end),
        title: "Add a value at this end of the axis, and start the sweep again",
      }, "Extend the axis"))));
  }
}

function firstPair(variants) {
  if (variants.length < 2) return null;
  const isUsual = variants.includes("batch") && variants.includes("none");
  return isUsual ? ["batch", "none"] : [variants[1], variants[0]];
}
