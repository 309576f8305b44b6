// Curves that grow: whole in memory, drawn as the mean and range over short stretches of steps.

import { spread } from "../kit/numbers.js";
import { row } from "../kit/wire.js";

/** Numbers to append to, without copying each time. */
class Growing {
  constructor(Kind) {
    this.room = new Kind(256);
    this.length = 0;
  }

  append(values) {
    const length = this.length + values.length;
    if (length > this.room.length) {
      const room = new this.room.constructor(2 * length);
      room.set(this.room.subarray(0, this.length));
      this.room = room;
    }
    this.room.set(values, this.length);
    this.length = length;
  }

  get values() {
    return this.room.subarray(0, this.length);
  }
}

/** Some values of every member over the steps. */
export class Series {
  constructor(stepsName, names) {
    this.stepsName = stepsName;
    this.names = names;
    this.clear();
  }

  clear() {
    this.steps = new Growing(Int32Array);
    this.of = Object.fromEntries(this.names.map((name) => [name, []]));
    this.stretches = new Map();
  }

  /** Add what an update brings; whole: replaces everything. */
  take(arrays, isWhole) {
    const steps = arrays[`curves/${this.stepsName}`];
    if (!steps) return;
    if (isWhole) this.clear();
    this.steps.append(steps.data);
    for (const name of this.names) {
      const values = arrays[`curves/${name}`];
      for (let member = 0; member < values.shape[0]; member += 1) {
        this.of[name][member] ??= new Growing(Float32Array);
        this.of[name][member].append(row(values, member));
      }
    }
  }

  values(name, member) {
    return this.of[name][member]?.values ?? new Float32Array(0);
  }

  /** How many points there are up to a step. */
  countUntil(step) {
    const steps = this.steps.values;
    let low = 0;
    let high = steps.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (steps[middle] <= step) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The value of each of the members at a step, or at the last one before it. */
  at(name, members, step) {
    const place = this.countUntil(step) - 1;
    return members.map((member) => this.values(name, member)[place] ?? NaN);
  }

  /** Mean, lowest and highest of one member in stretches of `size` steps. */
  stretched(name, member, size) {
    const key = `${name}/${member}`;
    let found = this.stretches.get(key);
    if (!found || found.size !== size) {
      found = { size, done: 0, sum: [], n: [], low: [], high: [] };
      this.stretches.set(key, found);
    }
    const steps = this.steps.values;
    const values = this.values(name, member);
    for (; found.done < steps.length; found.done += 1) {
      const place = Math.max(0, Math.floor((steps[found.done] - 1) / size)); // 0 with 1
      const value = values[found.done];
      while (found.n.length <= place) {
        found.sum.push(0);
        found.n.push(0);
        found.low.push(Infinity);
        found.high.push(-Infinity);
      }
      found.sum[place] += value;
      found.n[place] += 1;
      found.low[place] = Math.min(found.low[place], value);
      found.high[place] = Math.max(found.high[place], value);
    }
    return found;
  }

  /** A line and its band for some members: {x, middle, low, high}, one point per stretch. */
  smooth(name, members, size) {
    const parts = members.map((member) => this.stretched(name, member, size));
    const x = [];
    const middle = [];
    const low = [];
    const high = [];
    const steps = this.steps.values;
    const last = steps.length ? steps[steps.length - 1] : 0;
    for (let place = 0; place < parts[0].n.length; place += 1) {
      if (!parts[0].n[place]) continue;
      x.push(Math.min(last, (place + 0.5) * size + 0.5));
      const means = parts.map((part) => part.sum[place] / part.n[place]);
      if (members.length === 1) {
        middle.push(means[0]);
        low.push(parts[0].low[place]);
        high.push(parts[0].high[place]);
      } else {
        const over = spread(means);
        middle.push(over.middle);
        low.push(over.low);
        high.push(over.high);
      }
    }
    return { x, middle, low, high };
  }

  /** A line and its band with every point in view, or with one point per stretch where they are crowded. */
  line(name, members, [from, to], most) {
    const steps = this.steps.values;
    const first = Math.max(0, this.countUntil(from) - 1); // the line goes on beyond the edges
    const end = Math.min(steps.length, this.countUntil(to) + 1);
    if (end - first > most) return this.smooth(name, members, Math.ceil((to - from) / most));
    const x = Array.from(steps.subarray(first, end));
    const all = members.map((member) => this.values(name, member).subarray(first, end));
    if (members.length === 1) {
      const y = Array.from(all[0]);
      return { x, middle: y, low: y, high: y };
    }
    const over = x.map((_, place) => spread(all.map((values) => values[place])));
    const pick = (part) => over.map((point) => point[part]);
    return { x, middle: pick("middle"), low: pick("low"), high: pick("high") };
  }
}
