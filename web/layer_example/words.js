// How numbers of the layer are written and named.

const SYMBOLS = {
  x: "x", mean: "μ", centred: "c", variance: "σ²", eps: "ε", std: "s", x_hat: "x̂", weight: "γ", bias: "β", y: "y",
};
const GIVEN = { x: "minibatch", weight: "gamma", bias: "beta", eps: "epsilon", grad_y: "gradient from above" };

/** The symbol of a step or an input; for gradients, of what they are gradients. */
export function symbol(name) {
  const of = { grad_mean: "μ", grad_variance: "σ²" }[name] ?? SYMBOLS[name.replace(/^grad_/, "")];
  return name.startsWith("grad_") ? `∂ℓ/∂${of}` : of;
}

/** Its name. */
export const title = (name, layer) => GIVEN[name] ?? layer.byName.get(name).title.toLowerCase();

/** "batch mean, unit 2". */
export function called({ name, row, column }, layer) {
  return [
    title(name, layer),
    row === null ? null : `example ${row + 1}`,
    column === null ? null : `unit ${column + 1}`,
  ].filter(Boolean).join(", ");
}

/** Four significant digits, as in the formulas: 0.5, 1.414, 1.235e+4, 1e-5. */
export function digits(value) {
  if (typeof value === "string") return value === "nan" ? "NaN" : value;
  if (value === 0) return "0";
  const text = value.toPrecision(4);
  if (!text.includes("e") && Math.abs(value) >= 1e-4) return String(Number(text));
  const [mantissa, exponent] = value.toExponential(3).split("e");
  return `${Number(mantissa)}e${exponent}`;
}

/** What was typed, short enough for its box. */
export const fitting = (text) => (text.length > 7 && Number.isFinite(Number(text)) ? digits(Number(text)) : text);

/** In words: what a number is computed from, and what is computed from it. */
export function relations(number, layer) {
  const of = layer.byName.get(number.name);
  const list = (names) => names.map((name) => title(name, layer)).join(", ");
  const users = layer.operations.filter(({ inputs }) => inputs.includes(number.name)).map(({ name }) => name);
  return [
    `${called(number, layer)[0].toUpperCase()}${called(number, layer).slice(1)}`,
    of ? ` comes from: ${list(of.inputs)}.` : " is given.",
    users.length ? ` It goes into: ${list(users)}.` : " Nothing else is computed from it.",
  ].join("");
}
