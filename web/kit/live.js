// A figure of bnlab.figures that is redrawn as it changes, while it is in sight.

import { make } from "./dom.js";
import { Plot } from "../plot/plot.js";

export class LivePlot extends Plot {
  constructor(root, plotly) {
    super(root);
    this.isSeen = true;
    this.sights = new IntersectionObserver(([{ isIntersecting }]) => {
      this.isSeen = isIntersecting;
      if (isIntersecting && this.isLate) this.draw();
    }, { rootMargin: "80px" });
    this.sights.observe(root);
    plotly.then((loaded) => {
      this.plotly = loaded;
      this.draw();
    }, (error) => this.picture.replaceChildren(error.message));
  }

  /** Show this figure instead of the one before. */
  put(figure) {
    this.figure = figure;
    this.say();
    this.draw();
  }

  draw() {
    this.isLate = !this.isSeen;
    if (this.isSeen && this.figure) super.draw();
  }

  leave() {
    this.sights.disconnect();
    super.leave();
  }
}

/** Live figures in one element: as many as are put, each in its place. */
export class LivePlots {
  constructor(parent, plotly) {
    Object.assign(this, { parent, plotly });
    this.plots = [];
  }

  put(figures) {
    while (this.plots.length < figures.length) {
      const root = make("div", { class: "bnlab-plot" });
      this.parent.append(root);
      this.plots.push(new LivePlot(root, this.plotly));
    }
    figures.forEach((figure, index) => this.plots[index].put(figure));
  }

  leave() {
    for (const plot of this.plots) plot.leave();
  }
}
