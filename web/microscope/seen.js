// One answer of the worker, as numbers with names.

/** {step, state, steps, size, isBatch, x, normalized, y, grad_y, and single numbers by name} */
export function readAnswer({ meta, arrays }) {
  const list = (name) => Array.from(arrays[name].data);
  const single = (name) => arrays[name].data[0];
  const seen = {
    ...meta,
    ...Object.fromEntries(["x", "normalized", "y", "grad_y"].map((name) => [name, list(name)])),
    ...Object.fromEntries(
      ["mean", "var", "weight", "bias", "running_mean", "running_var", "eps"].map((name) => [name, single(name)])),
  };
  return {
    ...seen,
    size: seen.x.length,
    isBatch: single("is_batch") === 1,
    std: Math.sqrt(seen.var),
    running_std: Math.sqrt(seen.running_var),
    s: Math.sqrt(seen.var + seen.eps),
  };
}

/** Mean, standard deviation (divided by N), smallest and largest of values; NaN if one of them is. */
export function summary(values) {
  const n = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  const std = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / n);
  return { mean, std, low: Math.min(...values), high: Math.max(...values) };
}

/** Whether all numbers of an answer are finite. */
export const isFinite_ = (seen) => [...seen.x, ...seen.grad_y, seen.weight, seen.bias].every(Number.isFinite);
