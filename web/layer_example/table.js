// One table of the layer example: a value for each example and unit, and rows with one per unit.

import { make } from "../kit/dom.js";
import { called, digits, fitting, symbol, title } from "./words.js";

const EDITED = new Set(["x", "weight", "bias", "grad_y"]);
const [HIDDEN, NOT_YET] = ["·", "not computed yet"];
const SIZED = "x"; // the table to add and remove rows and columns

export class Block {
  constructor({ matrix, above = [], below = [] }, store, draft) {
    Object.assign(this, { matrix, above, below, store, draft });
    this.heading = make("h4", {});
    this.tools = make("div", { class: "tools" });
    this.scroll = make("div", { class: "numbers" });
    this.element = make("section", { class: "block", "data-block": matrix },
      make("header", {}, this.heading), this.scroll, this.tools);
    if (matrix === SIZED) this.addTools();
  }

  addTools() {
    const button = (onclick) => make("button", { type: "button", class: "small", onclick });
    const { draft, store } = this;
    this.moreRows = button(() => draft.addRow());
    this.fewerRows = button(() => draft.removeRow(store.picked.row ?? draft.texts.x.length - 1));
    this.moreColumns = button(() => draft.addColumn());
    this.fewerColumns = button(() => draft.removeColumn(store.picked.column ?? 0));
    this.tools.append(this.moreRows, this.fewerRows, this.moreColumns, this.fewerColumns,
      make("p", { class: "hint" }, "Paste a block from a spreadsheet to replace it."));
  }

  /** Take new numbers: the table is rebuilt only when its size changes. */
  take(layer) {
    const size = `${layer.rows}×${layer.columns}`;
    if (size !== this.size) this.build(layer);
    this.size = size;
  }

  build(layer) {
    this.heading.replaceChildren(make("b", {}, symbol(this.matrix)), ` ${title(this.matrix, layer)}`);
    this.cells = [];
    this.marked = this.stop = undefined;
    const units = [...Array(layer.columns).keys()];
    const row = (name, index, head, words) => make("tr", {},
      make("th", { scope: "row", title: words, "aria-label": words }, head), ...units.map((unit) => this.cell(layer, name, index, unit)));
    const vectors = (names) => names.map((name) => row(name, null, symbol(name), title(name, layer)));
    const examples = [...Array(layer.rows).keys()].map((i) => row(this.matrix, i, String(i + 1), `example ${i + 1}`));
    this.table = make("table", { role: "grid", "aria-label": title(this.matrix, layer) },
      make("thead", {}, make("tr", {}, make("td", {}), ...units.map((unit) => make("th", { scope: "col" }, `unit ${unit + 1}`))),
        ...vectors(this.above)),
      make("tbody", {}, ...examples), make("tfoot", {}, ...vectors(this.below)));
    this.scroll.replaceChildren(this.table);
  }

  cell(layer, name, row, column) {
    const number = { name, row, column };
    const cell = make("td", { "data-cell": `${name}.${row ?? ""}.${column}` });
    cell.number = number;
    cell.words = called(number, layer);
    if (EDITED.has(name)) {
      const box = make("input", { type: "text", autocomplete: "off", spellcheck: "false", "aria-label": cell.words });
      box.addEventListener("change", () => this.draft.set(number, box.value));
      box.addEventListener("focus", () => this.enter(cell));
      box.addEventListener("blur", () => this.fillBox(cell));
      box.addEventListener("paste", (event) => this.paste(event, number));
      cell.box = box;
      cell.append(box);
    } else {
      cell.tabIndex = -1;
      cell.addEventListener("focus", () => this.store.pick(number));
    }
    this.cells.push(cell);
    return cell;
  }

  /** A box with the focus shows the number in full, ready to be typed over. */
  enter(cell) {
    this.store.pick(cell.number);
    cell.box.value = cell.given;
    cell.box.select();
  }

  paste(event, { name }) {
    const text = event.clipboardData?.getData("text/plain") ?? "";
    if (name !== "x" && name !== "grad_y") return;
    if (!/[\s;]/.test(text.trim()) && (text.match(/,/g) ?? []).length < 2) return; // one number
    event.preventDefault();
    this.draft.paste(name, text);
  }

  /** The numbers computed so far, with the picked one marked. */
  fill(layer, step, picked) {
    for (const cell of this.cells) {
      if (cell.box) this.fillBox(cell);
      else fillCell(cell, layer, step);
    }
    this.mark(this.cells.find(({ number: { name, row, column } }) => (
      name === picked.name && row === picked.row && column === picked.column)));
    const steps = this.cells.map(({ number }) => layer.stepOf(number.name));
    this.element.classList.toggle("ahead", Math.min(...steps) > step);
    if (this.matrix === SIZED) this.drawTools(layer, picked);
  }

  /** Tab leads to the picked number of a table. */
  mark(cell) {
    this.marked?.removeAttribute("aria-selected");
    cell?.setAttribute("aria-selected", "true");
    this.marked = cell;
    const stop = cell && !cell.box ? cell : this.stop ?? this.cells.find(({ box }) => !box);
    if (stop === this.stop) return;
    if (this.stop) this.stop.tabIndex = -1;
    if (stop) stop.tabIndex = 0;
    this.stop = stop;
  }

  fillBox(cell) {
    const text = this.draft.textOf(cell.number);
    const hasFocus = cell.box === document.activeElement;
    const shown = hasFocus ? text : fitting(text);
    const isTyping = hasFocus && cell.box.value !== cell.given;
    if (cell.box.value !== shown && !isTyping) cell.box.value = shown;
    if (cell.given === text) return;
    cell.given = text;
    cell.title = `${cell.words}: ${text}`;
  }

  drawTools(layer, picked) {
    const { rows: [fewest, most], columns: [, mostColumns] } = layer.limits;
    const say = (button, label, words, disabled) => {
      button.textContent = label;
      button.setAttribute("aria-label", words);
      button.title = words;
      button.disabled = disabled;
    };
    const row = (picked.row ?? layer.rows - 1) + 1;
    const column = (picked.column ?? 0) + 1;
    say(this.moreRows, "+ row", "Add an example", layer.rows >= most);
    say(this.fewerRows, "− row", `Remove example ${row}`, layer.rows <= fewest);
    say(this.moreColumns, "+ col", "Add a unit", layer.columns >= mostColumns || layer.rows > most);
    say(this.fewerColumns, "− col", `Remove unit ${column}`, layer.columns <= 1);
  }

  light(kindOf) {
    for (const cell of this.cells) {
      const kind = kindOf(cell.number);
      if (cell.kind === kind) continue;
      cell.kind = kind;
      const later = cell.classList.contains("later");
      cell.className = kind ? `lit ${kind}` : "";
      cell.classList.toggle("later", later);
    }
  }
}

function fillCell(cell, layer, step) {
  const isLater = layer.stepOf(cell.number.name) > step;
  const value = isLater ? null : layer.valueOf(cell.number);
  if (cell.value === value) return;
  cell.value = value;
  cell.textContent = isLater ? HIDDEN : digits(value);
  cell.title = `${cell.words}: ${isLater ? NOT_YET : value}`;
  cell.setAttribute("aria-label", isLater ? NOT_YET : cell.textContent);
  cell.classList.toggle("later", isLater);
}
