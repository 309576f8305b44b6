// The block drawn in space: turned by drag, buttons and keys; any cell can be picked.

import { button, make, svg } from "../kit/dom.js";
import { backToFront, elementAt, faces, heightFor, layOut, look, quad } from "./space.js";

const HEIGHT = 540;
const START = { yaw: 0.62, pitch: 0.46 };
const PITCH = [0.06, 1.45];
const TURN = 0.2; // by a button or key
const DRAG = 0.009; // for each pixel
const CLICK = 5; // pixels that a press may move and still be a click
const VEILED = 24; // sticks: with more, each is fainter, so that inner ones are still seen
const MANY = 1200; // sticks times lines: above it cells are not outlined one by one

export class Picture {
  /** What is picked is told to `onpick`. */
  constructor(onpick) {
    this.onpick = onpick;
    this.camera = { ...START };
    this.cells = svg("g");
    this.drawn = []; // {path, name, data} of each path in it
    this.marks = svg("g", { class: "marks" });
    this.words = svg("g", { class: "words", "aria-hidden": "true" });
    this.svg = svg("svg", {
      class: "space", tabindex: "0", role: "application", "aria-roledescription": "block of activations",
    }, this.cells, this.marks, this.words);
    const turn = (text, words, yaw, pitch) =>
      button(text, words, () => this.turn(yaw, pitch), { class: "small" });
    this.element = make("div", { class: "picture" }, this.svg, make("div", { class: "joined turns" },
      turn("◀", "Turn to the left", TURN, 0), turn("▶", "Turn to the right", -TURN, 0),
      turn("▲", "Look from higher up", 0, TURN), turn("▼", "Look from lower down", 0, -TURN),
      make("button", { type: "button", class: "small", title: "Turn back to the start", onclick: () => this.reset() }, "Reset")));
    this.listen();
  }

  listen() {
    this.svg.addEventListener("pointerdown", (event) => {
      this.drag = { x: event.clientX, y: event.clientY, ...this.camera, moved: false };
      this.svg.setPointerCapture(event.pointerId);
    });
    this.svg.addEventListener("pointermove", (event) => (this.drag ? this.dragTo(event) : this.hover(event)));
    this.svg.addEventListener("pointerup", (event) => {
      const wasClick = this.drag && !this.drag.moved;
      this.drag = null;
      const found = wasClick && elementAt(this.view, this.pointOf(event));
      if (found) this.onpick(found);
    });
    this.svg.addEventListener("pointercancel", () => { this.drag = null; });
    this.svg.addEventListener("pointerleave", () => this.mark(null));
  }

  dragTo(event) {
    const [dx, dy] = [event.clientX - this.drag.x, event.clientY - this.drag.y];
    if (!this.drag.moved && Math.hypot(dx, dy) < CLICK) return;
    this.drag.moved = true;
    this.aim(this.drag.yaw - dx * DRAG, event.pointerType === "touch" ? this.drag.pitch : this.drag.pitch + dy * DRAG);
  }

  hover(event) {
    if (event.pointerType !== "touch") this.mark(elementAt(this.view, this.pointOf(event)));
  }

  turn(yaw, pitch) {
    this.aim(this.camera.yaw + yaw, this.camera.pitch + pitch);
  }

  reset() {
    this.aim(START.yaw, START.pitch);
  }

  aim(yaw, pitch) {
    this.camera = { yaw, pitch: Math.max(PITCH[0], Math.min(PITCH[1], pitch)) };
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      this.draw();
    });
  }

  pointOf(event) {
    const box = this.svg.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  /** Show another block or another choice: see `classes` in block.js for what a scene holds. */
  show(scene) {
    this.scene = scene;
    this.draw();
  }

  draw() {
    const width = this.element.clientWidth;
    if (!this.scene || !width) return;
    const margin = width < 500 ? 40 : 50;
    this.space = layOut(this.scene.shape);
    const height = Math.min(HEIGHT, heightFor(this.space, START, width, margin));
    this.svg.setAttribute("width", width);
    this.svg.setAttribute("height", height);
    const [n, c] = this.scene.shape;
    this.svg.style.setProperty("--veil", Math.min(1, (VEILED / (n * c)) ** 0.5).toFixed(3));
    this.view = look(this.space, this.camera, { width, height, margin });
    this.drawCells();
    this.drawWords();
    this.mark(null);
  }

  drawCells() {
    const { shape: [n, c, p], size, classOf } = this.scene;
    const isMany = (lines) => n * c * lines > MANY;
    const unit = !isMany(p) ? 1 : !isMany(size) ? size : p; // positions that share one outline
    const paths = [];
    for (const stick of backToFront(this.view)) {
      const first = (stick[0] * c + stick[1]) * p;
      const drawn = new Map(); // class of a face -> path data
      for (let from = 0; from < p;) {
        const name = classOf[first + from];
        let to = from + 1;
        while (to < p && classOf[first + to] === name && (to % unit)) to += 1;
        for (const face of faces(this.view, stick, from, to)) {
          if (face[0] === "top" && from > 0) continue;
          const key = `${name} ${face[0]}`;
          drawn.set(key, (drawn.get(key) ?? "") + quad(face));
        }
        from = to;
      }
      paths.push(...drawn);
    }
    this.fill(paths);
  }

  /** Set the paths, in order; existing elements are reused, and unchanged ones left alone. */
  fill(paths) {
    while (this.drawn.length > paths.length) this.drawn.pop().path.remove();
    while (this.drawn.length < paths.length) {
      const path = svg("path");
      this.cells.append(path);
      this.drawn.push({ path });
    }
    paths.forEach(([name, data], i) => {
      const drawn = this.drawn[i];
      if (drawn.name !== name) drawn.path.setAttribute("class", name);
      if (drawn.data !== data) drawn.path.setAttribute("d", data);
      Object.assign(drawn, { name, data });
    });
  }

  /** Outline the picked cell, and the one under the pointer. */
  mark(hovered) {
    if (!this.view) return;
    const outline = ([i, j, k], name) => svg("path", {
      class: name, d: faces(this.view, [i, j], k, k + 1).map(quad).join(""),
    });
    const marks = [outline(this.scene.picked, "chosen")];
    if (hovered) marks.push(outline(hovered, "hovered"));
    this.marks.replaceChildren(...marks);
    this.svg.style.cursor = hovered ? "pointer" : "grab";
  }

  drawWords() {
    const { shape: [n, c, p], picked } = this.scene;
    const { space: { size, cell, step }, view } = this;
    const near = { x: view.seesRight ? size.x : 0, z: view.seesFront ? 0 : size.z };
    const texts = [
      ...axis("channels", c, picked[1], (t) => view.project(t * step.x + cell.x / 2, size.y, near.z),
        outward(view.e.z, view.seesFront ? -1 : 1)),
      ...axis("examples", n, picked[0], (t) => view.project(near.x, size.y, t * step.z + cell.z / 2),
        outward(view.e.x, view.seesRight ? 1 : -1)),
    ];
    const corners = [[0, 0], [size.x, 0], [0, size.z], [size.x, size.z]];
    const left = corners.reduce((a, b) => (view.project(a[0], 0, a[1])[0] < view.project(b[0], 0, b[1])[0] ? a : b));
    texts.push(...axis("positions", p, picked[2], (t) => view.project(left[0], (t + 0.5) * cell.y, left[1]), [-1, 0]));
    this.words.replaceChildren(...texts);
  }

  leave() {
    cancelAnimationFrame(this.frame);
  }
}

/** The direction on the screen that leads away from the block, one pixel long. */
function outward([x, y], sign) {
  const length = Math.hypot(x, y) || 1;
  const [a, b] = [(sign * x) / length, (sign * y) / length];
  return [a, Math.max(b, 0.35)]; // always a little down: labels are below the block
}

const TICK = 15; // pixels from the block to a number
const NAME = 33; // and to the name of the axis
const LEAST = 14; // pixels between two numbers

/** Numbers and name along one edge; with too little room, only the first, last and picked one. */
function axis(name, count, picked, place, [dx, dy]) {
  const [first, last] = [place(0), place(count - 1)];
  const length = Math.hypot(last[0] - first[0], last[1] - first[1]);
  const pitch = length / Math.max(1, count - 1);
  const room = Math.max(1, LEAST / pitch);
  const shown = Array.from({ length: count }, (_, t) => t).filter((t) => {
    if (t === picked || pitch >= LEAST) return true;
    return (t === 0 || t === count - 1) && Math.abs(t - picked) >= room;
  });
  const texts = length < LEAST && count > 1 ? [] : shown.map((t) => {
    const [x, y] = place(t);
    return text(x + dx * TICK, y + dy * TICK, t + 1, t === picked ? "tick picked" : "tick", dx);
  });
  const [x, y] = place((count - 1) / 2);
  const isUpright = dy === 0; // along the edge: the name of the positions
  const away = isUpright ? NAME + 6 : NAME;
  const label = text(x + dx * away, y + dy * away, name, "name", isUpright ? 0 : dx);
  if (isUpright) label.setAttribute("transform", `rotate(-90 ${x + dx * away} ${y})`);
  return [...texts, label];
}

function text(x, y, content, name, dx) {
  const anchor = dx < -0.3 ? "end" : dx > 0.3 ? "start" : "middle";
  return svg("text", { x, y, class: name, "text-anchor": anchor, dy: "0.35em" }, String(content));
}
