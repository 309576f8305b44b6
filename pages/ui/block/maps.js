// The same block flat: a row for each example, a column for each channel, each map as a picture.

import { make } from "../board/numbers.js";

const LEFT = 62; // for the name of the digit
const TOP = 20;
const GAP = 6;
const LARGEST = 46; // pixels of one map

export class Maps {
  /** What is picked is told to `onpick`. */
  constructor(onpick) {
    this.canvas = make("canvas", { role: "img", onclick: (event) => this.pick(event) });
    this.element = make("div", { class: "maps" }, this.canvas);
    this.onpick = onpick;
  }

  show(scene) {
    this.scene = scene;
    this.draw();
  }

  draw() {
    const width = this.element.clientWidth;
    if (!this.scene || !width) return;
    const { shape: [n, c, p], size, labels, x, isMember, picked, colours } = this.scene;
    this.map = Math.max(size, Math.min(LARGEST, Math.floor((width - LEFT) / c) - GAP));
    const [w, h] = [LEFT + c * (this.map + GAP), TOP + n * (this.map + GAP)];
    const ratio = window.devicePixelRatio || 1;
    Object.assign(this.canvas, { width: w * ratio, height: h * ratio });
    Object.assign(this.canvas.style, { width: `${w}px`, height: `${h}px` });
    const pen = this.canvas.getContext("2d");
    pen.scale(ratio, ratio);
    this.drawNames(pen, n, c, labels, colours);
    const [low, high] = x.reduce(([a, b], value) => [Math.min(a, value), Math.max(b, value)], [Infinity, -Infinity]);
    const cell = this.map / size;
    for (let i = 0; i < n * c * p; i += 1) {
      const [left, top] = this.placeOf(Math.floor(i / (c * p)), Math.floor(i / p) % c);
      const k = i % p;
      const dark = high > low ? (x[i] - low) / (high - low) : 0.5;
      pen.globalAlpha = isMember(i) ? 1 : 0.38;
      pen.fillStyle = mixed(colours.low, isMember(i) ? colours.set : colours.high, dark);
      pen.fillRect(left + (k % size) * cell, top + Math.floor(k / size) * cell, cell + 0.3, cell + 0.3);
    }
    this.outline(pen, cell, picked, size, colours);
    this.canvas.setAttribute("aria-label",
      `The block as pictures: ${n} examples (digits ${labels.join(", ")}) by ${c} channels. `
      + "The set of the picked value is in colour.");
  }

  drawNames(pen, n, c, labels, colours) {
    pen.font = `12px ${colours.font}`;
    pen.fillStyle = colours.muted;
    pen.textBaseline = "middle";
    for (let i = 0; i < n; i += 1) {
      pen.fillText(`${i + 1}: digit ${labels[i]}`, 0, this.placeOf(i, 0)[1] + this.map / 2);
    }
    pen.textAlign = "center";
    for (let j = 0; j < c; j += 1) pen.fillText(String(j + 1), this.placeOf(0, j)[0] + this.map / 2, TOP / 2);
    pen.textAlign = "left";
  }

  outline(pen, cell, [i, j, k], size, colours) {
    const [left, top] = this.placeOf(i, j);
    pen.globalAlpha = 1;
    pen.lineWidth = 2;
    pen.strokeStyle = colours.text;
    pen.strokeRect(left + (k % size) * cell, top + Math.floor(k / size) * cell, cell, cell);
  }

  placeOf(example, channel) {
    return [LEFT + channel * (this.map + GAP), TOP + example * (this.map + GAP)];
  }

  pick(event) {
    const { shape, size } = this.scene;
    const [x, y] = [event.offsetX - LEFT, event.offsetY - TOP];
    const step = this.map + GAP;
    const [j, i] = [Math.floor(x / step), Math.floor(y / step)];
    const [column, row] = [x - j * step, y - i * step].map((t) => Math.floor((t * size) / this.map));
    if (x < 0 || y < 0 || i >= shape[0] || j >= shape[1] || column >= size || row >= size) return;
    this.onpick([i, j, row * size + column]);
  }
}

/** A colour between two "#rrggbb". */
function mixed(from, to, share) {
  const part = (colour, i) => parseInt(colour.slice(i, i + 2), 16);
  const [r, g, b] = [1, 3, 5].map((i) => Math.round(part(from, i) + share * (part(to, i) - part(from, i))));
  return `rgb(${r},${g},${b})`;
}

