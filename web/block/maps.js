// The same block flat: one row per example, one column per channel, each map as a picture.

import { make } from "../kit/dom.js";

const LEFT = 62; // for the name of the digit
const TOP = 20;
const GAP = 6;
const LARGEST = 46; // pixels of one map
const SHADES = 64;
const FAINT = 0.38; // opacity of the other sets

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
    const { shape: [n, c], size, labels, picked, colours } = this.scene;
    this.map = Math.max(size, Math.min(LARGEST, Math.floor((width - LEFT) / c) - GAP));
    const [w, h] = [LEFT + c * (this.map + GAP), TOP + n * (this.map + GAP)];
    const ratio = window.devicePixelRatio || 1;
    Object.assign(this.canvas, { width: w * ratio, height: h * ratio });
    Object.assign(this.canvas.style, { width: `${w}px`, height: `${h}px` });
    const pen = this.canvas.getContext("2d");
    pen.scale(ratio, ratio);
    this.drawNames(pen, n, c, labels, colours);
    const cell = this.map / size;
    const pixels = this.paint();
    pen.imageSmoothingEnabled = false;
    for (let i = 0; i < n; i += 1) {
      for (let j = 0; j < c; j += 1) {
        pen.drawImage(pixels, j * size, i * size, size, size, ...this.placeOf(i, j), this.map, this.map);
      }
    }
    this.outline(pen, cell, picked, size, colours);
    this.canvas.setAttribute("aria-label",
      `The block as pictures: ${n} examples (digits ${labels.join(", ")}) by ${c} channels. `
      + "The set of the picked value is in colour.");
  }

  /** All maps on one canvas, one pixel per value. */
  paint() {
    const { shape: [n, c, p], size, x, isMember, colours } = this.scene;
    const [low, high] = x.reduce(([a, b], value) => [Math.min(a, value), Math.max(b, value)], [Infinity, -Infinity]);
    const shades = {
      inside: shadesOf(colours.low, colours.set, 1), outside: shadesOf(colours.low, colours.high, FAINT),
    };
    const canvas = make("canvas", { width: c * size, height: n * size });
    const pen = canvas.getContext("2d");
    const image = pen.createImageData(c * size, n * size);
    for (let i = 0; i < x.length; i += 1) {
      const k = i % p;
      const row = Math.floor(i / (c * p)) * size + Math.floor(k / size);
      const column = (Math.floor(i / p) % c) * size + (k % size);
      const dark = high > low ? Math.round(((x[i] - low) / (high - low)) * (SHADES - 1)) : SHADES >> 1;
      image.data.set((isMember(i) ? shades.inside : shades.outside)[dark], 4 * (row * c * size + column));
    }
    pen.putImageData(image, 0, 0);
    return canvas;
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

/** Shades between two "#rrggbb" as [red, green, blue, opacity]. */
function shadesOf(from, to, opacity) {
  const part = (colour, i) => parseInt(colour.slice(i, i + 2), 16);
  return Array.from({ length: SHADES }, (_, step) => [
    ...[1, 3, 5].map((i) => part(from, i) + ((part(to, i) - part(from, i)) * step) / (SHADES - 1)),
    255 * opacity,
  ]);
}
