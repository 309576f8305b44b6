// The difference of two variants at every place, the first minus the second.

import { make, options, setText } from "../kit/dom.js";
import { LivePlot } from "../kit/live.js";

export class Pair {
  /** look([first, second]): which two are compared from now on */
  constructor({ variants }, plotly, look) {
    const choose = () => {
      const now = [this.first.value, this.second.value];
      // A variant minus itself says nothing: the one chosen and the other swap.
      this.chosen = now[0] === now[1] && this.chosen ? [this.chosen[1], this.chosen[0]] : now;
      look(this.chosen);
    };
    const select = (label) => make("select", { "aria-label": label, onchange: choose },
      ...options(variants.map((name) => [name, name])));
    this.first = select("First variant");
    this.second = select("Second variant");
    const root = make("div", { class: "bnlab-plot" });
    this.figure = new LivePlot(root, plotly);
    this.step = make("span", { class: "label" });
    this.note = make("p", { class: "label", hidden: true });
    this.element = make("section", { class: "pair", "aria-label": "Difference of two variants" },
      make("div", { class: "bar" }, make("span", { class: "label" }, "Difference: "), this.first,
        make("span", { class: "label" }, "minus"), this.second, this.step), this.note, root);
  }

  /** step: at which both are compared; null: the last of each network */
  draw({ figure, step }, [first, second]) {
    const text = step === null ? "" : `at step ${step}`;
    setText(this.step, text);
    this.note.hidden = !figure.note;
    setText(this.note, figure.note);
    this.chosen = [first, second];
    this.first.value = first;
    this.second.value = second;
    this.figure.put(figure);
  }

  leave() {
    this.figure.leave();
  }
}
