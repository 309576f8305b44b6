// Numbers: medians, ranges, ends of axes, and how they are written.

/** Lowest, median and highest of the finite values; NaN when there is none. */
export function spread(values) {
  const finite = values.filter(Number.isFinite).sort((a, b) => a - b);
  const n = finite.length;
  if (!n) return { low: NaN, middle: NaN, high: NaN, n };
  const middle = (finite[(n - 1) >> 1] + finite[n >> 1]) / 2;
  return { low: finite[0], middle, high: finite[n - 1], n };
}

const MISSING = "–";

/** Three significant digits: 0.0123, 4.56, 1.2e-7. */
export function short(value) {
  if (!Number.isFinite(value)) return MISSING;
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e5)) return value.toExponential(1);
  return size >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3)));
}

export const percent = (value) => (Number.isFinite(value) ? `${(100 * value).toFixed(1)} %` : MISSING);

export const whole = (value) => (Number.isFinite(value) ? String(Math.round(value)) : MISSING);

/** A colour "#rrggbb" made see-through. */
export function faint(colour, opacity) {
  const [r, g, b] = [1, 3, 5].map((i) => parseInt(colour.slice(i, i + 2), 16));
  return `rgba(${r},${g},${b},${opacity})`;
}

/** Places of at most so many of a count, evenly spread, the first and the last among them. */
export function evenly(count, most) {
  const n = Math.min(most, count);
  return Array.from({ length: n }, (_, i) => (n === 1 ? 0 : Math.round((i * (count - 1)) / (n - 1))));
}

/** Lowest and highest of the values of some lists; NaN when there is none. */
export function ends(lists) {
  let [low, high] = [Infinity, -Infinity];
  for (const list of lists) {
    for (const value of list) {
      if (value < low) low = value;
      if (value > high && value !== Infinity) high = value;
    }
  }
  return low <= high ? [low, high] : [NaN, NaN];
}

/** Ends of an axis with a little room on either side, rounded so that they seldom move. */
export function rounded([low, high]) {
  const span = high - low || Math.abs(high) || 1;
  const step = 10 ** Math.floor(Math.log10(span)) / 2;
  const round = (value, to) => Number((to(value / step) * step).toPrecision(6));
  return [round(low - 0.03 * span, Math.floor), round(high + 0.03 * span, Math.ceil)];
}
