// Everything on the board for one run: transport, table, words, figures, and when each is drawn.

import { Figure } from "./figure.js";
import { make } from "../kit/dom.js";
import { Prefs } from "./prefs.js";
import { exportMenu, panelMenu, Remarks } from "./surroundings.js";
import { VariantTable } from "./table.js";
import { readTheme } from "../kit/theme.js";
import { Transport } from "./transport.js";

const NUMBERS_MS = 100; // text that changes faster cannot be read
const SETTLE_MS = 250; // without an update; then figures are drawn for hovering and zooming
const looks = ({ hello: { panels, variants, can_command, steps, run } }) =>
  JSON.stringify([panels, variants, can_command, steps, run.id]);

export class Screen {
  constructor(parent, state, board) {
    this.parent = parent;
    this.board = board;
    this.state = state;
    this.theme = readTheme(parent);
    parent.style.colorScheme = this.theme.mode; // sliders and boxes, too
    this.prefs = new Prefs(state.hello);
    this.build();
    this.sizes = new ResizeObserver(() => this.renew());
    this.sizes.observe(parent);
    this.clock = setInterval(() => this.followTheme(), 500);
    board.plotly.then((plotly) => {
      this.plotly = plotly;
      board.schedule();
    }, () => {});
  }

  /** Take the state of the same run after the connection was lost; false if it looks different. */
  follow(state) {
    if (looks(state) !== looks(this.state)) return false;
    this.state = state;
    return true;
  }

  leave() {
    this.sizes.disconnect();
    this.sights.disconnect();
    clearInterval(this.clock);
    clearTimeout(this.settling);
  }

  build() {
    const { hello, variants } = this.state;
    const { board } = this;
    const hidden = board.data.hidden;
    this.table = new VariantTable(this.state, this.theme);
    this.remarks = new Remarks();
    this.ending = make("p", { class: "ending", hidden: true });
    this.grid = make("div", { class: "panels" });
    this.figures = new Map(hello.panels.map((panel) => [panel.id, new Figure(panel, this)]));
    this.sights = new IntersectionObserver((entries) => this.see(entries), { rootMargin: "60px" });
    const menus = make("div", { class: "menus" },
      hidden.includes("panels") ? null
        : panelMenu(hello.panels, this.prefs, (id, isShown) => this.choosePanel(id, isShown)),
      hidden.includes("export") ? null : exportMenu(hello.run.id, board.token, variants));
    this.transport = new Transport(this.state, board, { hidden, menus });
    this.parent.replaceChildren(this.transport.element, this.ending, this.table.element,
      this.remarks.element, this.grid);
    this.placeFigures();
  }

  placeFigures() {
    const shown = [...this.figures.values()].filter(({ panel }) => this.prefs.shown.includes(panel.id));
    this.grid.replaceChildren(...shown.map(({ element }) => element));
    this.sights.disconnect();
    for (const { element } of shown) this.sights.observe(element);
  }

  get shownFigures() {
    return [...this.figures.values()].filter(({ panel }) => this.prefs.shown.includes(panel.id));
  }

  // --- drawing -----------------------------------------------------------------------------------

  draw(connection, prediction) {
    const { state } = this;
    const now = performance.now();
    if (!state.isMoving || now - (this.numbersAt ?? 0) >= NUMBERS_MS) {
      this.numbersAt = now;
      this.transport.draw(state, connection);
      this.table.draw(state);
      this.remarks.draw(state, this.theme, prediction);
      this.drawEnding(state.run);
    }
    if (!this.plotly) return;
    for (const figure of this.shownFigures) {
      if (!figure.isBuilding) figure.build().then(() => this.board.schedule());
      if (figure.isSeen) figure.paint();
    }
    clearTimeout(this.settling);
    this.settling = setTimeout(() => this.settle(this.shownFigures), SETTLE_MS);
  }

  /** Draw one figure after another for hovering and zooming, with pauses for clicks. */
  settle([figure, ...others]) {
    if (!figure) return;
    if (figure.isSeen) figure.settle();
    this.settling = setTimeout(() => this.settle(others), 10);
  }

  drawEnding({ state, reason, has_ended: hasEnded }) {
    const text = hasEnded && (state !== "completed" || reason)
      ? `${{ failed: "This run failed", cancelled: "Stopped", interrupted: "Interrupted",
        completed: "Completed" }[state]}. ${reason}`.trim() : "";
    if (this.endingText === text) return;
    this.endingText = text;
    this.ending.hidden = !text;
    this.ending.className = `ending ${state}`;
    this.ending.setAttribute("role", state === "failed" ? "alert" : "status");
    this.ending.replaceChildren(text);
  }

  // --- what changes around it --------------------------------------------------------------------

  see(entries) {
    for (const { target, isIntersecting } of entries) {
      const figure = this.figures.get(target.dataset.panel);
      figure.isSeen = isIntersecting;
    }
    this.board.schedule();
  }

  followTheme() {
    const theme = readTheme(this.parent);
    if (theme.key === this.theme.key) return;
    this.theme = theme;
    this.parent.style.colorScheme = theme.mode;
    const table = new VariantTable(this.state, theme);
    this.table.element.replaceWith(table.element);
    this.table = table;
    this.renew();
  }

  renew() {
    for (const figure of this.figures.values()) figure.renew();
    this.board.schedule();
  }

  onZoom() {
    this.board.schedule();
  }

  choosePanel(id, isShown) {
    const others = this.prefs.shown.filter((other) => other !== id);
    this.prefs.choose({ shown: isShown ? [...others, id] : others });
    this.placeFigures();
    this.board.tellView();
    this.board.schedule();
  }

  onOption(panel, id, value) {
    if (id === "quantity") this.prefs.choose({ quantity: value });
    else {
      const { options } = this.prefs;
      this.prefs.choose({ options: { ...options, [panel.id]: { ...options[panel.id], [id]: value } } });
    }
    this.renew();
    this.board.tellView();
  }
}
