// What stands around the figures: remarks, the outcome, exports, the choice of panels.

import { make } from "./numbers.js";

/** Buttons that show and hide panels. */
export function panelChips(panels, prefs, onChange) {
  const chip = ({ id, title }) => make("button", {
    type: "button", class: "chip", "aria-pressed": String(prefs.shown.includes(id)), "data-chip": id,
    onclick: ({ currentTarget }) => {
      const isShown = currentTarget.getAttribute("aria-pressed") !== "true";
      currentTarget.setAttribute("aria-pressed", String(isShown));
      onChange(id, isShown);
    },
  }, title);
  return make("div", { class: "chips", role: "group", "aria-label": "Panels shown" },
    ...panels.map(chip));
}

/** Links to everything that can be saved of a run. */
export function exportMenu(run, token, variants) {
  const link = (text, path, more = "") => make("a", {
    href: new URL(`api/run/${run}/${path}?token=${token}${more}`, document.baseURI), download: "",
  }, text);
  return make("details", { class: "export" }, make("summary", {}, "Export"),
    make("div", { class: "menu" },
      link("Frames (CSV)", "frames.csv"), link("Curves (CSV)", "curves.csv"),
      link("Everything (JSON)", "run.json"),
      ...variants.map(({ name }) =>
        link(`PyTorch script: ${name}`, "script.py", `&variant=${encodeURIComponent(name)}`))));
}

/** Sentences on the state of the run; changed only when they change, for screen readers' sake. */
export class Remarks {
  constructor() {
    this.list = make("ul", { class: "remarks", "aria-live": "polite", "aria-label": "Commentary" });
    this.outcome = make("p", { class: "outcome", role: "status", hidden: true });
    this.element = make("div", { class: "words" }, this.outcome, this.list);
  }

  draw(state, theme, prediction) {
    const key = JSON.stringify([state.comments, theme.key]);
    if (key !== this.key) {
      this.key = key;
      this.list.replaceChildren(...state.comments.map(({ variant, text }) => {
        const found = state.variants.find(({ name }) => name === variant);
        const colour = found ? found.colour[theme.mode] : theme.muted;
        return make("li", {}, make("span", { class: "key", style: `background:${colour}` }),
          make("span", {}, text));
      }));
    }
    const words = outcomeWords(state.outcome, prediction);
    this.outcome.hidden = !words;
    if (this.outcome.textContent !== words) this.outcome.textContent = words;
  }
}

function outcomeWords(outcome, prediction) {
  if (!outcome?.measured) return "";
  const { question, measured } = outcome;
  if (!prediction) return `${question} Measured: ${measured}.`;
  const verdict = prediction === measured ? "As you said." : "Not what you said.";
  return `${question} You said: ${prediction}. Measured: ${measured}. ${verdict}`;
}
