// Ends of axes that rarely move, because every move redraws the axes.

import { rounded } from "../kit/numbers.js";

const RELAX = 0.06; // of its surplus that an axis gives back at each answer
const TIGHT = 0.5; // of an axis that its values must fill
const NICE = [1, 1.5, 2, 3, 4, 5, 7.5, 10];

/** [low, high] that holds these: it widens at once, and narrows bit by bit. */
export function relaxed(range, low, high) {
  if (!Number.isFinite(low) || !Number.isFinite(high)) return range ?? [-1, 1];
  if (!range) return [low, high];
  const [a, b] = range;
  return [Math.min(low, a + RELAX * (low - a)), Math.max(high, b + RELAX * (high - b))];
}

/** The ends before while they hold these and are not much too wide, otherwise new ones. */
export function steady(before, [low, high]) {
  const isHeld = before && before[0] <= low && high <= before[1];
  return isHeld && high - low > TIGHT * (before[1] - before[0]) ? before : rounded([low, high]);
}

/** From the first step to somewhat beyond the last, at least `least` steps. */
export function stepRange(steps, least = 10) {
  const first = steps[0];
  const span = Math.max(least, steps.at(-1) - first);
  const size = 10 ** Math.floor(Math.log10(span));
  return [first, first + size * NICE.find((n) => n * size >= span)];
}
