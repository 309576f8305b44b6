// All norms side by side: a small block each with the set of the picked element, to choose from.

import { make, svg } from "../kit/dom.js";
import { describe, indexOf, rangeOf, setOf } from "./sets.js";
import { faces, layOut, look, quad } from "./space.js";

const SIZE = { width: 116, height: 84, margin: 6 };
const CAMERA = { yaw: 0.62, pitch: 0.46 };
const NEXT = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

export class Cards {
  /** The kind that is chosen is told to `onchoose`. */
  constructor(onchoose) {
    this.onchoose = onchoose;
    this.element = make("div", {
      class: "cards", role: "radiogroup", "aria-label": "Norm", onkeydown: (event) => this.onKey(event),
    });
    this.cards = [];
  }

  show(block, kind, picked) {
    if (this.cards.length !== block.norms.length) this.build(block.norms);
    const space = layOut(block.shape);
    const view = look(space, CAMERA, SIZE);
    block.norms.forEach((norm, i) => {
      const set = setOf(norm, indexOf(block.shape, picked));
      const { card, drawing, count } = this.cards[i];
      count.textContent = `${set.length} together`;
      drawing.replaceChildren(...draw(view, rangeOf(block.shape, set)));
      const isChosen = norm.kind === kind;
      card.setAttribute("aria-checked", String(isChosen));
      card.setAttribute("tabindex", isChosen ? "0" : "-1");
      card.setAttribute("aria-label", `${norm.title}: ${describe(block.shape, set)}`);
      card.title = `${norm.title} averages over ${norm.over}`;
    });
  }

  /** Give each card the colour of its norm. */
  colour(colours) {
    this.cards.forEach(({ card }, i) => card.style.setProperty("--norm", colours[i]));
  }

  build(norms) {
    this.cards = norms.map(({ kind, title }) => {
      const drawing = svg("svg", { width: SIZE.width, height: SIZE.height, "aria-hidden": "true" });
      const count = make("span", { class: "label" });
      const card = make("button", {
        type: "button", role: "radio", class: "card", "data-kind": kind, onclick: () => this.onchoose(kind),
      }, drawing, make("span", {}, title), count);
      return { card, drawing, count };
    });
    this.element.replaceChildren(...this.cards.map(({ card }) => card));
  }

  onKey(event) {
    const move = NEXT[event.key];
    if (!move) return;
    event.preventDefault();
    const at = this.cards.findIndex(({ card }) => card === document.activeElement);
    const { card } = this.cards[(at + move + this.cards.length) % this.cards.length];
    card.focus();
    this.onchoose(card.dataset.kind);
  }
}

/** The whole block in outline, and in it the box of the set. */
function draw(view, [examples, channels, positions]) {
  const { n, c, p } = view.space;
  return [
    svg("path", { class: "whole", d: box(view, [0, n - 1], [0, c - 1], [0, p - 1]) }),
    ...["front", "side", "top"].map((name) => svg("path", {
      class: `set ${name}`,
      d: box(view, ...[examples, channels, positions].map(({ first, last }) => [first, last]), name),
    })),
  ];
}

/** The visible faces of a box of cells, its gaps filled; or only the one of that name. */
function box(view, [firstExample, lastExample], [firstChannel, lastChannel], [from, to], only) {
  const { space: { step, cell } } = view;
  const filled = {
    ...view,
    space: {
      ...view.space,
      cell: {
        ...cell,
        x: (lastChannel - firstChannel) * step.x + cell.x,
        z: (lastExample - firstExample) * step.z + cell.z,
      },
    },
  };
  return faces(filled, [firstExample, firstChannel], from, to + 1)
    .filter(([name]) => !only || name === only).map(quad).join("");
}
