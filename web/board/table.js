// One row per variant: its current numbers, and the key to the colours.

import { headOf, make, setText } from "../kit/dom.js";
import { percent, short, whole } from "../kit/numbers.js";

export class VariantTable {
  constructor(state, theme) {
    this.cells = state.variants.map(() => ({}));
    const target = `${Math.round(100 * state.hello.target)} %`;
    const columns = [
      ["loss", "Loss"], ["accuracy", "Accuracy"], ["best", "Best"],
      ["reached", `${target} at step`], ["stepMs", "ms / step"], ["status", "Status"],
    ];
    const rows = state.variants.map((variant, i) => make("tr", {},
      make("th", { scope: "row" }, make("span", {
        class: "key", style: `background:${variant.colour[theme.mode]}`,
      }), variant.name),
      ...columns.map(([id, label]) => {
        this.cells[i][id] = make("td", { "data-label": label, "data-cell": id });
        return this.cells[i][id];
      })));
    this.element = make("table", { class: "variants" },
      make("caption", { class: "unseen" }, "The variants now"),
      headOf(["Variant", ...columns.map(([, label]) => label)]),
      make("tbody", {}, ...rows));
  }

  draw(state) {
    state.variants.forEach((variant, i) => {
      const now = state.summary(variant);
      const texts = {
        loss: short(now.loss.middle),
        accuracy: percent(now.accuracy.middle),
        best: percent(now.best.middle),
        reached: Number.isFinite(now.reached) ? whole(now.reached) : "not yet",
        stepMs: short(now.stepMs.middle),
        status: statusOf(now, state),
      };
      if (isOver(state) && texts.reached === "not yet") texts.reached = "never";
      for (const [id, text] of Object.entries(texts)) setText(this.cells[i][id], text);
    });
  }
}

/** Whether the numbers shown are the final ones. */
function isOver({ run, seek }) {
  return run.state === "completed" && seek === null;
}

function statusOf({ diverged, arrived, n }, state) {
  const of = (count) => (n > 1 ? `${count} of ${n} ` : "");
  if (diverged) return `${of(diverged)}diverged`;
  if (arrived === n) return n > 1 ? "all reached the target" : "reached the target";
  if (arrived) return `${of(arrived)}reached the target`;
  if (isOver(state)) return "target not reached";
  return state.run.has_ended && state.seek === null ? "stopped" : "learning";
}
