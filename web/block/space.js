// The block in space: where its cells are, how they are projected, and what is under a point.
//
// Channels run to the right, positions down, examples into the depth. All positions of one channel
// of one example are stacked without a gap: a stick. Between sticks there are gaps, so that inner
// ones can be seen. The projection is parallel: no far cell looks smaller than a near one.

const TALLEST = 5.6; // of a stick, in widths of a cell
const DEEPEST = 10; // of all examples together
const GAP = 0.5;

/** The measures of a block of n examples, c channels and p positions. */
export function layOut([n, c, p]) {
  const cell = { x: 1, y: p === 1 ? 1 : Math.min(0.8, TALLEST / p), z: Math.min(1, DEEPEST / n) };
  const step = { x: cell.x * (1 + GAP), y: cell.y, z: cell.z * (1 + GAP) };
  const size = {
    x: c * step.x - cell.x * GAP, y: p * cell.y, z: n * step.z - cell.z * GAP,
  };
  return { n, c, p, cell, step, size };
}

/** The height of a picture of this width that the block fills. */
export function heightFor({ size }, { pitch }, width, margin) {
  const across = Math.hypot(size.x, size.z);
  const tall = size.y * Math.cos(pitch) + across * Math.sin(pitch);
  return Math.round((tall * (width - 2 * margin)) / across + 2 * margin);
}

/** A camera on a block: it projects points in space to points of a picture of this size. */
export function look(space, { yaw, pitch }, { width, height, margin }) {
  const { size } = space;
  const [sy, cy, sp, cp] = [Math.sin(yaw), Math.cos(yaw), Math.sin(pitch), Math.cos(pitch)];
  const across = Math.hypot(size.x, size.z); // the same for every yaw, so turning does not zoom
  const scale = Math.min(
    (width - 2 * margin) / across, (height - 2 * margin) / (size.y * cp + across * sp));
  // One step along each axis, on the screen (its y points down).
  const e = {
    x: [cy * scale, sy * sp * scale],
    y: [0, cp * scale],
    z: [sy * scale, -cy * sp * scale],
  };
  const project = (x, y, z) => {
    const [a, b, c] = [x - size.x / 2, y - size.y / 2, z - size.z / 2];
    return [
      width / 2 + a * e.x[0] + b * e.y[0] + c * e.z[0],
      height / 2 + a * e.x[1] + b * e.y[1] + c * e.z[1],
    ];
  };
  return { space, e, project, seesRight: sy >= 0, seesFront: cy >= 0 };
}

/** The sticks [example, channel] from the farthest to the nearest. */
export function backToFront({ space: { n, c }, seesRight, seesFront }) {
  const along = (count, rising) => Array.from({ length: count }, (_, i) => (rising ? i : count - 1 - i));
  return along(n, !seesFront).flatMap((i) => along(c, seesRight).map((j) => [i, j]));
}

/** The three visible faces of the positions [from, to) of a stick: [name, corner, one side, the other]. */
export function faces(view, [i, j], from, to) {
  const { space: { cell, step }, e, project, seesRight, seesFront } = view;
  const [x, z] = [j * step.x, i * step.z];
  const [top, tall] = [from * cell.y, (to - from) * cell.y];
  const side = (axis, length) => [e[axis][0] * length, e[axis][1] * length];
  return [
    ["front", project(x, top, seesFront ? z : z + cell.z), side("x", cell.x), side("y", tall)],
    ["side", project(seesRight ? x + cell.x : x, top, z), side("z", cell.z), side("y", tall)],
    ["top", project(x, top, z), side("x", cell.x), side("z", cell.z)],
  ];
}

const at = ([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`;
const plus = ([a, b], [c, d]) => [a + c, b + d];

/** A face as the data of an SVG path. */
export function quad([, corner, u, v]) {
  return `M${at(corner)}L${at(plus(corner, u))}L${at(plus(plus(corner, u), v))}L${at(plus(corner, v))}Z`;
}

/** The element [example, channel, position] whose visible face is at a point, or null. */
export function elementAt(view, point) {
  const { space: { p } } = view;
  for (const stick of backToFront(view).reverse()) {
    for (const [name, corner, u, v] of faces(view, stick, 0, p)) {
      const d = [point[0] - corner[0], point[1] - corner[1]];
      const area = u[0] * v[1] - u[1] * v[0];
      if (Math.abs(area) < 1e-6) continue;
      const a = (d[0] * v[1] - d[1] * v[0]) / area;
      const b = (u[0] * d[1] - u[1] * d[0]) / area;
      if (a < 0 || a > 1 || b < 0 || b > 1) continue;
      return [...stick, name === "top" ? 0 : Math.min(p - 1, Math.floor(b * p))];
    }
  }
  return null;
}
