// What one unit's numbers were at the steps that were shown; thinned evenly when there are many.

const MOST = 2000;

export const NAMES = ["mean", "std", "weight", "bias", "running_mean", "running_std"];

export class History {
  constructor() {
    this.steps = [];
    this.values = Object.fromEntries(NAMES.map((name) => [name, []]));
    this.every = 1; // of the answers, this many make one point
    this.answers = 0;
  }

  /** Add the numbers at a step; those of a step seen before replace the old ones. */
  add(step, numbers) {
    const last = this.steps.at(-1);
    if (step < last) return; // a run that is repeated after its worker died
    if (step === last) {
      this.put(this.steps.length - 1, numbers);
      return;
    }
    this.answers += 1;
    if (this.steps.length && (this.answers - 1) % this.every) return;
    this.steps.push(step);
    this.put(this.steps.length - 1, numbers);
    if (this.steps.length > MOST) this.thin();
  }

  put(place, numbers) {
    for (const name of NAMES) this.values[name][place] = numbers[name];
  }

  thin() {
    const half = (list) => list.filter((_, place) => place % 2 === 0);
    this.steps = half(this.steps);
    for (const name of NAMES) this.values[name] = half(this.values[name]);
    this.every *= 2;
  }
}
