// What the page sent: a block, and for each norm its sets and their numbers.

import { unpack } from "../kit/wire.js";

const AXES = ["example", "channel", "position"];

/** Read a message of pages/ui/norms/block.py. */
export function readBlock(bytes) {
  const { meta, arrays } = unpack(bytes.slice().buffer); // a copy: its arrays must begin aligned
  const [n, c, p] = arrays.x.shape;
  const norms = meta.norms.map((norm, i) => ({
    ...norm,
    setOf: arrays.set_of.data.subarray(i * n * c * p, (i + 1) * n * c * p),
    mean: arrays[`${norm.kind}.mean`].data,
    variance: arrays[`${norm.kind}.variance`].data,
    xHat: arrays[`${norm.kind}.x_hat`].data,
  }));
  return { ...meta, norms, shape: [n, c, p], x: arrays.x.data };
}

export const indexOf = ([, c, p], [i, j, k]) => (i * c + j) * p + k;

/** [example, channel, position] within a shape, as close as possible to what was asked for. */
export const clip = (shape, picked) => picked.map((at, axis) => Math.max(0, Math.min(shape[axis] - 1, at)));

/** Every element of the picked one's set: flat indices, in order. */
export function setOf(norm, index) {
  const found = [];
  norm.setOf.forEach((set, i) => { if (set === norm.setOf[index]) found.push(i); });
  return found;
}

/** 0 or 1 for each element, so that neighbouring sets differ. */
export function tints({ setOf }, shape) {
  const steps = [shape[1] * shape[2], shape[2], 1];
  const tint = new Uint8Array(setOf.length);
  for (let i = 0; i < setOf.length; i += 1) {
    for (let axis = 0; axis < 3; axis += 1) {
      const place = Math.floor(i / steps[axis]) % shape[axis];
      if (place === 0) continue;
      const before = i - steps[axis];
      tint[i] = setOf[before] === setOf[i] ? tint[before] : 1 - tint[before];
      break;
    }
  }
  return tint;
}

/** First and last place of a set on each axis: every set is a box. */
export function rangeOf(shape, set) {
  const place = (i) => [Math.floor(i / (shape[1] * shape[2])), Math.floor(i / shape[2]) % shape[1], i % shape[2]];
  const [first, last] = [place(set[0]), place(set[set.length - 1])];
  return AXES.map((name, axis) => ({ name, first: first[axis], last: last[axis], count: shape[axis] }));
}

/** The set in words: "the 8 examples × 16 positions of channel 3: 128 values". */
export function describe(shape, set) {
  if (set.length === 1) return "this value alone: 1 value";
  const range = rangeOf(shape, set);
  const running = range.filter(({ first, last }) => last > first);
  const fixed = range.filter(({ first, last, count }) => last === first && count > 1).reverse();
  const every = running.map(({ name, first, last, count }) => (
    last - first + 1 === count ? `${count} ${name}s` : `${name}s ${first + 1} to ${last + 1}`));
  const article = /^\d/.test(every[0]) ? "the " : "";
  const of = fixed.map(({ name, first }) => ` of ${name} ${first + 1}`).join("");
  return `${article}${every.join(" × ")}${of}: ${set.length} values`;
}

/** Four significant digits, as bnlab.by_hand.block.words.number writes them. */
export function written(value) {
  if (!Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e4)) {
    const [digits, power] = value.toExponential(3).split("e");
    return `${Number(digits)}e${power.replace(/^([+-])(\d)$/, "$10$2")}`;
  }
  return String(Number(value.toPrecision(4)));
}
