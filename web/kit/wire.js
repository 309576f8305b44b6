// The binary format of messages (bnlab/results/frames.py, pack): "BNL1", header length, header, arrays.

const KINDS = {
  float32: Float32Array, float64: Float64Array, int32: Int32Array, uint8: Uint8Array,
  uint16: Uint16Array, int64: BigInt64Array, bool: Uint8Array,
};
const ALIGNMENT = 8;

/** Read a message: {meta, arrays: name -> {data, shape}}; the arrays are views, not copies. */
export function unpack(buffer) {
  const bytes = new Uint8Array(buffer);
  if (String.fromCharCode(...bytes.subarray(0, 4)) !== "BNL1") throw new Error("no BNL1 message");
  const length = new DataView(buffer).getUint32(4, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
  const start = Math.ceil((8 + length) / ALIGNMENT) * ALIGNMENT;
  const arrays = {};
  for (const [name, kind, shape, offset] of header.arrays) {
    const size = shape.reduce((product, n) => product * n, 1);
    arrays[name] = { data: new KINDS[kind](buffer, start + offset, size), shape };
  }
  return { meta: header.meta, arrays };
}

/** Row i of a two-dimensional array. */
export const row = ({ data, shape }, i) => data.subarray(i * shape[1], (i + 1) * shape[1]);
