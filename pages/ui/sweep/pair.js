// The difference of two variants at every place, the first minus the second.

import { make } from "../board/numbers.js";
import { LivePlot } from "./live.js";

export class Pair {
  /** look([first, second]): which two are compared from now on */
  constructor({ variants }, plotly, look) {
    const choose = () => look([this.first.value, this.second.value]);
    const select = (label) => make("select", { "aria-label": label, onchange: choose },
      ...variants.map((name) => make("option", { value: name }, name)));
    this.first = select("First variant");
    this.second = select("Second variant");
    const root = make("div", { class: "bnlab-plot" });
    this.figure = new LivePlot(root, plotly);
    this.step = make("span", { class: "label" });
    this.element = make("section", { class: "pair", "aria-label": "Difference of two variants" },
      make("div", { class: "bar" }, make("span", { class: "label" }, "Difference: "), this.first,
        make("span", { class: "label" }, "minus"), this.second, this.step), root);
  }

  /** step: that both are compared at; null: the last of each network */
  draw({ figure, step }, [first, second]) {
    const text = step === null ? "" : `at step ${step}`;
    if (this.step.textContent !== text) this.step.textContent = text;
    this.first.value = first;
    this.second.value = second;
    this.figure.put(figure);
  }

  leave() {
    this.figure.leave();
  }
}
