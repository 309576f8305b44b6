// Recorded batch norm statistics over the steps: of one unit, and distances of its layer.

const MOST_POINTS = 2400; // beyond that every second one is dropped

// Places in a row of a variant, as bnlab/results/frames.py and bnlab/lab/runs/statistics.py have them.
const VALUES = { running: { mean: 0, var: 1 }, batch: { mean: 2, var: 3 }, exact: { mean: 4, var: 5 } };
const DISTANCES = { running: { mean: 0, var: 1 }, batch: { mean: 2, var: 3 } };

export class Recorded {
  constructor() {
    this.unit = null;
    this.clear();
  }

  clear() {
    this.steps = [];
    this.values = []; // one row per step: the variants one after another
    this.distances = [];
  }

  /** Take a part; a whole one replaces everything. */
  take({ unit, is_whole: isWhole }, arrays) {
    if (isWhole) this.clear();
    this.unit = unit;
    const { data: steps } = arrays["statistics/steps"];
    // A step that was sent before comes again: its statistics were changed by hand since.
    while (steps.length && this.steps.at(-1) >= steps[0]) this.drop();
    steps.forEach((step, i) => {
      this.steps.push(step);
      this.values.push(rowOf(arrays["statistics/values"], i));
      this.distances.push(rowOf(arrays["statistics/distances"], i));
    });
    if (this.steps.length > MOST_POINTS) this.thin();
  }

  drop() {
    for (const list of [this.steps, this.values, this.distances]) list.pop();
  }

  thin() {
    const last = this.steps.length - 1;
    for (const name of ["steps", "values", "distances"]) {
      this[name] = this[name].filter((_, i) => i % 2 === 0 || i === last);
    }
  }

  /** Which points to draw between two steps: at most `most`, evenly spaced, and the newest. */
  chosen([from, to], most) {
    const places = [...this.steps.keys()].filter((i) =>
      (this.steps[i + 1] ?? Infinity) >= from && (this.steps[i - 1] ?? -Infinity) <= to);
    // In powers of two: so points stay in place while more of them come.
    const every = 2 ** Math.max(0, Math.ceil(Math.log2(places.length / most)));
    const last = places.length - 1;
    return places.filter((place, i) => place % every === 0 || i === last);
  }

  /** A statistic of the unit at those places: whose is running, batch or exact. */
  valuesOf(variant, whose, of, places) {
    return pick(this.values, places, variant, VALUES[whose][of]);
  }

  /** A distance of the layer: whose is running or batch. */
  distancesOf(variant, whose, of, places) {
    return pick(this.distances, places, variant, DISTANCES[whose][of]);
  }
}

/** A copy, or the whole message would be kept in memory. */
function rowOf({ data, shape }, i) {
  const size = shape[1] * shape[2];
  return { values: data.slice(i * size, (i + 1) * size), width: shape[2] };
}

const pick = (rows, places, variant, column) =>
  places.map((place) => rows[place].values[variant.index * rows[place].width + column]);
