// Draws traces on a canvas over Plotly's own axes: a fast substitute for Plotly while pictures move.
// It supports the part of Plotly's trace format that the panels use: scatter and heatmap.

const DASHES = { dash: [7, 5], dot: [2, 3], dashdot: [7, 3, 2, 3] };

/** Where a value is on the canvas, along one of Plotly's axes. */
function scale(axis) {
  const [from, to] = axis.range;
  const start = axis._offset + (axis._id[0] === "y" ? axis._length : 0);
  const slope = (axis._id[0] === "y" ? -axis._length : axis._length) / (to - from);
  return axis.type === "log"
    ? (value) => start + (Math.log10(value) - from) * slope
    : (value) => start + (value - from) * slope;
}

const axisOf = (layout, id) => layout[`${id[0]}axis${id.slice(1)}`];

export function paint(canvas, graph, traces) {
  const layout = graph._fullLayout;
  const density = Math.min(window.devicePixelRatio || 1, 2);
  const [width, height] = [layout.width, layout.height];
  if (canvas.width !== Math.round(width * density) || canvas.height !== Math.round(height * density)) {
    canvas.width = Math.round(width * density);
    canvas.height = Math.round(height * density);
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
  }
  const context = canvas.getContext("2d");
  context.setTransform(density, 0, 0, density, 0, 0);
  context.clearRect(0, 0, width, height);
  for (const trace of traces) {
    const xaxis = axisOf(layout, trace.xaxis ?? "x");
    const yaxis = axisOf(layout, trace.yaxis ?? "y");
    context.save();
    context.beginPath();
    context.rect(xaxis._offset, yaxis._offset, xaxis._length, yaxis._length);
    context.clip();
    context.globalAlpha = trace.opacity ?? 1;
    const at = { x: scale(xaxis), y: scale(yaxis) };
    if (trace.type === "heatmap") paintHeatmap(context, trace, at);
    else paintScatter(context, trace, at, layout.font);
    context.restore();
  }
}

export function clear(canvas) {
  canvas.getContext("2d").clearRect(0, 0, canvas.width, canvas.height);
}

function paintScatter(context, trace, at, font) {
  const mode = trace.mode ?? "lines";
  const isFilled = trace.fill === "toself";
  if (isFilled || mode.includes("lines")) {
    const path = pathOf(trace, at, isFilled);
    if (isFilled) {
      context.fillStyle = trace.fillcolor;
      context.fill(path);
    }
    if (mode.includes("lines") && trace.line.width !== 0) {
      context.strokeStyle = trace.line.color;
      context.lineWidth = trace.line.width ?? 2;
      context.lineJoin = "round";
      context.setLineDash(DASHES[trace.line.dash] ?? []);
      context.stroke(path);
      context.setLineDash([]);
    }
  }
  if (mode.includes("markers")) paintMarkers(context, trace, at);
  if (mode.includes("text")) paintText(context, trace, at, font);
}

function pathOf({ x, y }, at, isClosed) {
  const path = new Path2D();
  let isDown = false;
  for (let i = 0; i < x.length; i += 1) {
    const px = at.x(x[i]);
    const py = at.y(y[i]);
    if (x[i] === null || y[i] === null || !Number.isFinite(px) || !Number.isFinite(py)) {
      if (isDown && isClosed) path.closePath();
      isDown = false;
    } else if (isDown) path.lineTo(px, py);
    else {
      path.moveTo(px, py);
      isDown = true;
    }
  }
  if (isDown && isClosed) path.closePath();
  return path;
}

const pick = (value, i) => (Array.isArray(value) ? value[i] : value);

function paintMarkers(context, { x, y, marker }, at) {
  for (let i = 0; i < x.length; i += 1) {
    const px = at.x(x[i]);
    const py = at.y(y[i]);
    if (!Number.isFinite(px) || !Number.isFinite(py)) continue;
    const radius = pick(marker.size ?? 6, i) / 2;
    context.beginPath();
    const symbol = pick(marker.symbol ?? "circle", i);
    if (symbol === "square") context.rect(px - radius, py - radius, 2 * radius, 2 * radius);
    else if (symbol === "diamond") {
      context.moveTo(px, py - radius * 1.3);
      context.lineTo(px + radius * 1.3, py);
      context.lineTo(px, py + radius * 1.3);
      context.lineTo(px - radius * 1.3, py);
      context.closePath();
    } else context.arc(px, py, radius, 0, 2 * Math.PI);
    context.fillStyle = pick(marker.color, i);
    context.fill();
    if (marker.line?.width) {
      context.strokeStyle = marker.line.color;
      context.lineWidth = marker.line.width;
      context.stroke();
    }
  }
}

const ALIGN = { left: "right", right: "left", center: "center" };
const BASE = { top: "bottom", bottom: "top", middle: "middle" };

function paintText(context, { x, y, text, textfont, textposition = "middle center" }, at, font) {
  const [vertical, horizontal] = textposition.split(" ");
  context.textAlign = ALIGN[horizontal];
  context.textBaseline = BASE[vertical];
  context.font = `${textfont.size ?? font.size}px ${font.family}`;
  for (let i = 0; i < x.length; i += 1) {
    context.fillStyle = pick(textfont.color, i);
    context.fillText(pick(text, i), at.x(x[i]), at.y(y[i]));
  }
}

// --- heatmaps ------------------------------------------------------------------------------------

const ramps = new Map();
const LEVELS = 256;

/** 256 colours of a colour scale of "#rrggbb" or "rgba(…)" as bytes. */
function ramp(colorscale) {
  const key = JSON.stringify(colorscale);
  if (!ramps.has(key)) {
    const stops = colorscale.map(([place, colour]) => [place, parse(colour)]);
    const bytes = new Uint8ClampedArray(4 * LEVELS);
    for (let level = 0; level < LEVELS; level += 1) {
      const place = level / (LEVELS - 1);
      let next = stops.findIndex(([stop]) => stop > place);
      if (next < 0) next = stops.length - 1;
      const [from, a] = stops[Math.max(0, next - 1)];
      const [to, b] = stops[next];
      const share = to > from ? (place - from) / (to - from) : 1;
      for (let i = 0; i < 4; i += 1) bytes[4 * level + i] = a[i] + (b[i] - a[i]) * share;
    }
    if (ramps.size > 40) ramps.clear();
    ramps.set(key, bytes);
  }
  return ramps.get(key);
}

function parse(colour) {
  if (colour[0] === "#") return [...[1, 3, 5].map((i) => parseInt(colour.slice(i, i + 2), 16)), 255];
  const [r, g, b, opacity = 1] = colour.match(/[\d.]+/g).map(Number);
  return [r, g, b, 255 * opacity];
}

function paintHeatmap(context, trace, at) {
  const { z, zmin, zmax, x0, dx, y0, dy } = trace;
  const [rows, columns] = [z.length, z[0].length];
  const colours = ramp(trace.colorscale);
  const image = new ImageData(columns, rows);
  for (let r = 0; r < rows; r += 1) {
    const values = z[r];
    let target = 4 * columns * (rows - 1 - r); // Plotly's first row is the lowest
    for (let c = 0; c < columns; c += 1, target += 4) {
      const value = values[c];
      if (value === null || Number.isNaN(value)) continue;
      const share = Math.min(1, Math.max(0, (value - zmin) / (zmax - zmin)));
      const source = 4 * Math.round(share * (LEVELS - 1));
      for (let i = 0; i < 4; i += 1) image.data[target + i] = colours[source + i];
    }
  }
  const sheet = paintHeatmap.sheet ??= document.createElement("canvas");
  sheet.width = columns;
  sheet.height = rows;
  sheet.getContext("2d").putImageData(image, 0, 0);
  const [left, right] = [at.x(x0 - dx / 2), at.x(x0 + (columns - 0.5) * dx)];
  const [bottom, top] = [at.y(y0 - dy / 2), at.y(y0 + (rows - 0.5) * dy)];
  context.imageSmoothingEnabled = false;
  context.drawImage(sheet, left, top, right - left, bottom - top);
}
