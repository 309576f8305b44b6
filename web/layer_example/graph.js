// The graph of the operations: the forward pass on the left, downwards; the backward pass, upwards.

import { make, svg } from "../kit/dom.js";
import { symbol } from "./words.js";

const SIZE = { width: 412, height: 306 };

// Centre of each node. A box has one value per example and unit; a pill one per unit.
const NODES = {
  x: [179, 18], mean: [89, 54], centred: [179, 90], variance: [89, 126], eps: [29, 162], std: [89, 162],
  x_hat: [179, 198], weight: [54, 244], bias: [108, 244], y: [179, 286],
  grad_y: [261, 286], grad_bias: [376, 244], grad_weight: [312, 244], grad_x_hat: [261, 198],
  grad_variance: [354, 126], grad_mean: [354, 54], grad_x: [261, 18],
};
// Drawn only while its step is the current one, so that the graph stays readable.
const isAcross = (from, to) => to.startsWith("grad_") && !from.startsWith("grad_");

export class Graph {
  constructor(choose) {
    this.choose = choose;
    this.element = make("div", { class: "graph", role: "group", "aria-label": "Graph of the operations" });
  }

  draw(layer, step, pickedName) {
    if (!this.nodes) this.build(layer);
    const current = layer.operations[step - 1]?.name;
    for (const [name, node] of this.nodes) {
      const due = layer.stepOf(name);
      const state = name === current ? "current" : due <= step ? "done" : "later";
      node.setAttribute("class", `node ${state}${name === pickedName ? " picked" : ""}`);
      node.setAttribute("tabindex", name === (current ?? "x") ? "0" : "-1");
      const words = due ? `Step ${due}: ${layer.byName.get(name).title}, ${state}` : `Given: ${symbol(name)}`;
      node.setAttribute("aria-label", words);
      if (name === current) node.setAttribute("aria-current", "step");
      else node.removeAttribute("aria-current");
      node.querySelector("title").textContent = words;
    }
    for (const { line, from, to } of this.edges) {
      line.setAttribute("class", [
        "edge", to === current ? "current" : "", layer.stepOf(to) > step ? "later" : "",
        isAcross(from, to) ? "across" : "",
      ].join(" "));
    }
  }

  build(layer) {
    const drawing = svg("svg", { viewBox: `0 0 ${SIZE.width} ${SIZE.height}` });
    drawing.append(svg("defs", {}, arrowHead()));
    this.edges = layer.operations.flatMap(({ name: to, inputs }) => inputs.map((from) => ({
      from, to, line: svg("path", { d: path(from, to), "marker-end": "url(#example-arrow)" }),
    })));
    this.nodes = new Map(Object.entries(NODES).map(([name, [cx, cy]]) => {
      const [h, r] = layer.isMatrix(name) ? [30, 4] : [26, 13];
      const w = 2 * halfWidth(name);
      const node = svg("g", { role: "button" }, svg("title", {}),
        svg("rect", { x: cx - w / 2, y: cy - h / 2, width: w, height: h, rx: r }),
        svg("text", { x: cx, y: cy + 5, "text-anchor": "middle" }, symbol(name)));
      node.addEventListener("click", () => this.choose(name));
      node.addEventListener("keydown", (event) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        this.choose(name);
      });
      return [name, node];
    }));
    const loss = svg("path", { class: "edge loss", d: path("y", "grad_y"), "marker-end": "url(#example-arrow)" });
    drawing.append(loss, ...this.edges.map(({ line }) => line), ...this.nodes.values());
    this.element.replaceChildren(drawing);
  }
}

/** Half the width of a node: the symbols of gradients are long. */
const halfWidth = (name) => (name.startsWith("grad_") ? 29 : 22);

/** A line from the edge of one node to the edge of another. */
function path(from, to) {
  const [a, b] = [NODES[from], NODES[to]];
  const [dx, dy] = [b[0] - a[0], b[1] - a[1]];
  const rim = (name) => 1 / Math.max(Math.abs(dx) / (halfWidth(name) + 2), Math.abs(dy) / 17);
  const at = ([x, y], share) => `${(x + share * dx).toFixed(1)},${(y + share * dy).toFixed(1)}`;
  return `M${at(a, rim(from))} L${at(b, -rim(to))}`;
}

function arrowHead() {
  return svg("marker", {
    id: "example-arrow", viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 7, markerHeight: 7, orient: "auto",
  }, svg("path", { d: "M0,0.8 L7.5,4 L0,7.2 z", fill: "context-stroke" }));
}
