// Numbers: medians, ranges, and how they are written.

/** Lowest, median and highest of the finite values; NaN when there is none. */
export function spread(values) {
  const finite = values.filter(Number.isFinite).sort((a, b) => a - b);
  const n = finite.length;
  if (!n) return { low: NaN, middle: NaN, high: NaN, n };
  const middle = (finite[(n - 1) >> 1] + finite[n >> 1]) / 2;
  return { low: finite[0], middle, high: finite[n - 1], n };
}

const MISSING = "–";

/** Three digits that matter: 0.0123, 4.56, 1.2e-7. */
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
