// What the learner has typed, as text, until the page has read it. The whole draft is sent each time,
// so no edit is lost when the next one comes before the answer.

const LONGEST = 300_001; // characters of a paste: one more than the page takes

export class Draft {
  constructor(send) {
    this.send = send;
    this.n = 0; // drafts so far
    this.sent = 0; // the last of them that was sent
    this.held = null; // one that waits for the answer to the one before
    this.isSending = false;
    this.generation = null;
    this.texts = null;
  }

  /** Numbers from the page: they go into the boxes, unless newer text was sent meanwhile. */
  answer({ generation, answered, values }) {
    const isNew = generation !== this.generation;
    this.generation = generation;
    if (isNew) this.held = null;
    if (isNew || answered >= this.sent) this.isSending = false;
    if (this.held && !this.isSending) this.tell(this.held);
    if (!isNew && answered < this.n) return;
    this.n = Math.max(this.n, answered);
    this.texts = Object.fromEntries(["x", "weight", "bias", "eps", "grad_y"].map((name) => [name, written(values[name])]));
  }

  textOf({ name, row, column }) {
    const own = this.texts[name];
    if (column === null) return own;
    return (row === null ? own[column] : own[row]?.[column]) ?? "";
  }

  /** Replace a number with text; `moves`: a slider is still being dragged. */
  set({ name, row, column }, text, { moves = false } = {}) {
    if (column === null) this.texts[name] = text;
    else (row === null ? this.texts[name] : this.texts[name][row])[column] = text;
    this.tell({ moves });
  }

  addRow() {
    for (const table of [this.texts.x, this.texts.grad_y]) table.push([...table.at(-1)]);
    this.tell();
  }

  removeRow(row) {
    for (const table of [this.texts.x, this.texts.grad_y]) table.splice(row, 1);
    this.tell();
  }

  addColumn() {
    for (const row of this.everyRow()) row.push(row.at(-1));
    this.tell();
  }

  removeColumn(column) {
    for (const row of this.everyRow()) row.splice(column, 1);
    this.tell();
  }

  everyRow() {
    return [...this.texts.x, ...this.texts.grad_y, this.texts.weight, this.texts.bias];
  }

  paste(into, text) {
    this.tell({ into, pasted: text.slice(0, LONGEST) });
  }

  /** Send what is typed; a moving slider waits until its last position was answered. */
  tell(more = {}) {
    const isWaiting = more.moves && this.isSending;
    this.held = isWaiting ? more : null;
    this.n += 1;
    if (isWaiting) return;
    this.isSending = true;
    this.sent = this.n;
    this.send({ n: this.n, moves: false, ...this.texts, ...more });
  }
}

function written(value) {
  if (Array.isArray(value)) return value.map(written);
  return value !== 0 && Math.abs(value) < 1e-4 ? value.toExponential() : String(value);
}
