// The block of activations: choose a norm, pick an element, see what it is averaged with.

import { make } from "../kit/dom.js";
import { readTheme } from "../kit/theme.js";
import { Cards } from "./cards.js";
import { Panel } from "./panel.js";
import { Picture } from "./picture.js";
import { clip, describe, indexOf, readBlock, setOf, tints } from "./sets.js";

const THEME_MS = 500;
const REST_MS = 150; // between two picks that the page is told of: keys may repeat
const HINT = "Arrow keys move along channels and examples, Page Up and Page Down along positions; "
  + "with Shift, the arrows turn the block.";
// Which axis a key moves along, and which way. Examples: up is into the depth.
const MOVES = {
  ArrowLeft: [1, -1], ArrowRight: [1, 1], ArrowUp: [0, 1], ArrowDown: [0, -1], PageUp: [2, -1], PageDown: [2, 1],
};
const TURNS = { ArrowLeft: [0.2, 0], ArrowRight: [-0.2, 0], ArrowUp: [0, 0.2], ArrowDown: [0, -0.2] };

export const mount = (root) => new Block(root);

class Block {
  constructor(root) {
    this.root = root;
    root.block = this;
    this.told = -Infinity; // when the page was told of a pick
    this.cards = new Cards((kind) => this.choose({ kind }));
    this.picture = new Picture((picked) => this.choose({ picked }));
    this.panel = new Panel((picked) => this.choose({ picked }));
    this.picture.svg.addEventListener("keydown", (event) => this.onKey(event));
    const hint = make("p", { class: "label hint" }, "Click a cell to pick it. Drag to turn. ",
      make("span", { class: "keys" }, `With the block in focus: ${HINT.charAt(0).toLowerCase()}${HINT.slice(1)}`));
    root.replaceChildren(make("section", { class: "body", role: "region", "aria-label": "Block of activations" },
      this.cards.element, make("div", { class: "both" },
        make("div", { class: "left" }, this.picture.element, hint), this.panel.element)));
    this.sizes = new ResizeObserver(() => { this.picture.draw(); this.panel.resize(); });
    this.sizes.observe(this.picture.element);
    this.clock = setInterval(() => this.followTheme(), THEME_MS);
  }

  show(component) {
    this.component = component;
    this.block = readBlock(component.data);
    const { generation, arrived, shape } = this.block;
    if (generation !== this.generation) {
      this.generation = generation;
      this.forget();
      this.choice = arrived;
    }
    this.choice = { ...this.choice, picked: clip(shape, this.choice.picked) };
    this.draw(false);
  }

  leave() {
    this.sizes.disconnect();
    clearInterval(this.clock);
    this.forget();
    this.picture.leave();
  }

  /** Take a choice of kind or element: at once here, then on the page. */
  choose(choice) {
    this.choice = { ...this.choice, ...choice };
    this.draw(true);
    this.forget();
    const rest = REST_MS - (performance.now() - this.told);
    if (rest > 0) this.waiting = setTimeout(() => this.tell(), rest);
    else this.tell();
  }

  tell() {
    const { kind, picked: [example, channel, position] } = this.choice;
    this.told = performance.now();
    this.component.setTriggerValue("picked", {
      kind, example: example + 1, channel: channel + 1, position: position + 1,
    });
  }

  forget() {
    clearTimeout(this.waiting);
  }

  onKey(event) {
    const turn = event.shiftKey && TURNS[event.key];
    const move = !event.shiftKey && MOVES[event.key];
    if ((!turn && !move) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    if (turn) this.picture.turn(...turn);
    else {
      const picked = [...this.choice.picked];
      picked[move[0]] += move[1];
      this.choose({ picked: clip(this.block.shape, picked) });
    }
  }

  draw(say) {
    const { block, choice: { kind, picked } } = this;
    const norm = block.norms.find((other) => other.kind === kind) ?? block.norms[0];
    const theme = readTheme(this.root);
    this.themeKey = theme.key;
    this.root.style.setProperty("--norm", norm.colour[theme.mode]);
    this.cards.show(block, kind, picked);
    this.cards.colour(block.norms.map(({ colour }) => colour[theme.mode]));
    const index = indexOf(block.shape, picked);
    this.picture.show({ shape: block.shape, size: block.size, picked, classOf: classes(norm, block.shape, index) });
    this.picture.svg.setAttribute("aria-label",
      `Block of ${block.shape[0]} examples, ${block.shape[1]} channels and ${block.shape[2]} positions. ${norm.title}: ${
        describe(block.shape, setOf(norm, index))}. ${HINT}`);
    this.panel.show(block, norm, picked, coloursOf(theme), say);
  }

  followTheme() {
    if (this.block && readTheme(this.root).key !== this.themeKey) this.draw(false);
  }
}

/** What each element is to the picked one: itself, in its set, or in one of the other sets. */
function classes(norm, shape, index) {
  const tint = tints(norm, shape);
  return Array.from(norm.setOf, (set, i) => {
    if (i === index) return "picked";
    return set === norm.setOf[index] ? "set" : `tint${tint[i]}`;
  });
}

function coloursOf({ mode, text, muted, font, isDark }) {
  return { mode, text, muted, font, low: isDark ? "#2a3038" : "#f0f1f3", high: isDark ? "#d5dae0" : "#3c434b" };
}
