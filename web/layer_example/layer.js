// The numbers of the layer, and which of them depends on which.
//
// A number is {name, row, column}: row is null for what there is once per unit, column too for
// epsilon. Units never mix, so the shapes say what a number depends on: a value of an example comes
// from the same example, or from its unit; what there is once per unit comes from all examples.

export const EVERY = "*"; // instead of a row: all examples

export class Layer {
  constructor(facts) {
    this.operations = facts.operations;
    this.values = facts.values;
    this.matrices = new Set(facts.matrices);
    this.limits = facts.limits;
    this.rows = this.values.x.length;
    this.columns = this.values.x[0].length;
    this.byName = new Map(this.operations.map((operation, i) => [operation.name, { ...operation, step: i + 1 }]));
  }

  isMatrix(name) {
    return this.matrices.has(name);
  }

  /** After how many steps a number is computed: 0 for what is given. */
  stepOf(name) {
    return this.byName.get(name)?.step ?? 0;
  }

  valueOf({ name, row, column }) {
    const value = this.values[name];
    if (column === null) return value;
    return row === null ? value[column] : value[row][column];
  }

  /** The existing number that is closest to one that may not exist. */
  nearest({ name, row, column }) {
    if (name === "eps") return { name, row: null, column: null };
    return {
      name,
      row: this.isMatrix(name) ? Math.min(row ?? 0, this.rows - 1) : null,
      column: Math.min(column ?? 0, this.columns - 1),
    };
  }

  /** What a number is computed from: {direct, far}, each a set of "name:row". */
  sources(number) {
    return this.reach(number, ({ name, row }) => (this.byName.get(name)?.inputs ?? []).map((input) => ({
      name: input, row: this.isMatrix(input) ? (this.isMatrix(name) ? row : EVERY) : null,
    })));
  }

  /** What is computed from a number, in the same form. */
  uses(number) {
    return this.reach(number, ({ name, row }) => this.operations
      .filter(({ inputs }) => inputs.includes(name))
      .map((user) => ({
        name: user.name, row: this.isMatrix(user.name) ? (this.isMatrix(name) ? row : EVERY) : null,
      })));
  }

  reach(start, next) {
    const direct = new Set(next(start).map(spot));
    const all = new Set();
    const pending = next(start);
    while (pending.length) {
      const number = pending.pop();
      if (all.has(spot(number))) continue;
      all.add(spot(number));
      pending.push(...next(number));
    }
    return { direct, far: all };
  }
}

const spot = ({ name, row }) => `${name}:${row ?? ""}`;

/** Whether a number is among those of a set of "name:row". */
export function isAmong(set, { name, row }) {
  return set.has(`${name}:${row ?? ""}`) || (row !== null && set.has(`${name}:${EVERY}`));
}
