// Everything on the page for one test of a claim: its progress, conditions and studies.

import { make, notice, options } from "../kit/dom.js";
import { readTheme } from "../kit/theme.js";
import { LivePlots } from "../kit/live.js";
import { TestProgress } from "./progress.js";
import { StudyPanel } from "./study.js";

const THEME_MS = 500;

export class Screen {
  /** claim: {data, plotly, command(document), tellView()} */
  constructor(parent, hello, claim) {
    Object.assign(this, { parent, claim });
    this.metric = hello.metrics[0].name;
    this.transport = new TestProgress(hello, claim);
    this.problems = make("div", { class: "problems" });
    this.conditions = make("div", { class: "conditions" });
    this.plots = new LivePlots(this.conditions, claim.plotly);
    this.studies = hello.studies.map((study) => new StudyPanel(study, claim.plotly, () => claim.tellView()));
    this.choice = make("select", { onchange: () => this.choose() },
      ...options(hello.metrics.map(({ name, title }) => [name, title])));
    const isTrained = hello.studies.some((study) => study.is_trained);
    const head = make("div", { class: "bar" }, make("h3", {}, "What is trained"), isTrained
      ? make("label", { class: "label" }, "Shown ", this.choice) : null);
    parent.replaceChildren(this.transport.element, this.problems, this.conditions, head,
      ...this.studies.map(({ element }) => element));
    this.followTheme();
    this.clock = setInterval(() => this.followTheme(), THEME_MS);
  }

  /** What is on screen, so that only this is computed and sent. */
  get view() {
    return { metric: this.metric, open: this.studies.filter(({ isOpen }) => isOpen).map(({ name }) => name) };
  }

  choose() {
    this.metric = this.choice.value;
    this.claim.tellView();
  }

  followTheme() {
    this.parent.style.colorScheme = readTheme(this.parent).mode; // boxes, too
  }

  leave() {
    clearInterval(this.clock);
    for (const part of [this.plots, ...this.studies]) part.leave();
  }

  draw(update) {
    this.transport.draw(update);
    this.drawProblems(update);
    this.plots.put(update.conditions);
    update.studies.forEach((study, index) => this.studies[index].draw(study));
    this.openNext(update);
  }

  /** The study that is training is open, until the learner opens or closes one. */
  openNext({ studies, run }) {
    if (run.has_ended || this.studies.some(({ isTouched }) => isTouched)) return;
    const now = studies.findIndex(({ is_over: isOver }) => !isOver);
    if (now === this.now) return;
    this.now = now;
    this.studies.forEach((study, index) => study.open(index === now));
    this.claim.tellView();
  }

  drawProblems({ problems, run }) {
    const heads = { failed: "This test failed.", interrupted: "Interrupted.", cancelled: "Stopped; what was measured stays." };
    const texts = [run.has_ended && heads[run.state] ? `${heads[run.state]} ${run.reason}`.trim() : "", ...problems];
    const key = JSON.stringify(texts);
    if (key === this.problemsKey) return;
    this.problemsKey = key;
    this.problems.replaceChildren(...texts.filter(Boolean).map((text) => notice(text, null, "status")));
  }
}
