// What is shown of a sweep, as the part of the address behind "#": no script runs for that part.

/** What is shown first. */
export function usualView({ variants, metric }) {
  return { metric, at: null, pair: firstPair(variants), cell: null };
}

/** The view that a link asks for; the usual one where the sweep does not have that. */
export function readView(hash, hello) {
  const said = new URLSearchParams(hash.slice(1));
  const metric = hello.metrics.find(({ name }) => name === said.get("metric"))?.name;
  const at = said.has("step") ? hello.eval_steps.indexOf(Number(said.get("step"))) : -1;
  const usual = usualView(hello);
  return {
    metric: metric ?? usual.metric,
    at: at < 0 ? null : at,
    pair: readPair(said.get("pair") ?? "", hello) ?? usual.pair,
    cell: readCell(said.get("cell") ?? "", hello),
  };
}

/** The part from "#" on; empty for the usual view. */
export function writeView({ metric, at, pair, cell }, hello) {
  const usual = usualView(hello);
  const said = new URLSearchParams();
  if (metric !== usual.metric) said.set("metric", metric);
  if (at !== null) said.set("step", hello.eval_steps[at]);
  if (pair && pair.join() !== usual.pair.join()) said.set("pair", pair);
  if (cell) said.set("cell", [cell.variant, cell.row, cell.column, cell.seed_index]);
  const text = said.toString().replaceAll("%2C", ",");
  return text && `#${text}`;
}

function readPair(text, { variants }) {
  const names = text.split(",");
  const isPair = names.length === 2 && names[0] !== names[1] && names.every((name) => variants.includes(name));
  return isPair ? names : null;
}

function readCell(text, { variants, axes: [columns, rows], seeds }) {
  const [variant, ...places] = text.split(",");
  const [row, column, seedIndex] = places.map(Number);
  const isIn = (place, count) => Number.isInteger(place) && place >= 0 && place < count;
  const isCell = variants.includes(variant) && isIn(row, rows?.count ?? 1) && isIn(column, columns.count)
    && isIn(seedIndex, seeds.length);
  return isCell ? { variant, row, column, seed_index: seedIndex } : null;
}

function firstPair(variants) {
  if (variants.length < 2) return null;
  const isUsual = variants.includes("batch") && variants.includes("none");
  return isUsual ? ["batch", "none"] : [variants[1], variants[0]];
}
