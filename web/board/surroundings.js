// What stands around the figures: remarks, the outcome, exports, the choice of panels.

import { make, setText } from "../kit/dom.js";

const READING_MS = 1500; // a sentence stays at least this long while the numbers in it change

/** A button that opens a list below it; it closes with Escape, or when the focus leaves it. */
function menu(name, label, ...content) {
  const element = make("details", { class: `menu ${name}` }, make("summary", {}, label),
    make("div", { class: "list" }, ...content));
  element.addEventListener("keydown", ({ key }) => {
    if (key !== "Escape") return;
    element.open = false;
    element.querySelector("summary").focus();
  });
  element.addEventListener("focusout", ({ relatedTarget }) => {
    if (relatedTarget && !element.contains(relatedTarget)) element.open = false;
  });
  document.addEventListener("pointerdown", ({ target }) => {
    if (!element.contains(target)) element.open = false;
  });
  return element;
}

/** The choice of panels that show. */
export function panelMenu(panels, prefs, onChange) {
  return menu("panels-menu", "Panels", ...panels.map(({ id, title }) => {
    const box = make("input", {
      type: "checkbox", checked: prefs.shown.includes(id), "data-chip": id,
      onchange: () => onChange(id, box.checked),
    });
    return make("label", {}, box, title);
  }));
}

/** Links to everything that can be saved from a run. */
export function exportMenu(run, token, variants) {
  const link = (text, path, more = "") => make("a", {
    href: new URL(`api/run/${run}/${path}?token=${token}${more}`, document.baseURI), download: "",
  }, text);
  return menu("export", "Export",
    link("Frames (CSV)", "frames.csv"), link("Curves (CSV)", "curves.csv"),
    link("Everything (JSON)", "run.json"),
    ...variants.map(({ name }) =>
      link(`PyTorch script: ${name}`, "script.py", `&variant=${encodeURIComponent(name)}`)));
}

/** Sentences on the state of the run, changed slowly enough to be read, and read aloud. */
export class Remarks {
  constructor() {
    this.list = make("ul", { class: "remarks", "aria-live": "polite", "aria-label": "Commentary" });
    this.outcome = make("p", { class: "outcome", role: "status", hidden: true });
    this.element = make("div", { class: "words" }, this.outcome, this.list);
  }

  draw(state, theme, prediction) {
    const now = performance.now();
    const key = JSON.stringify([state.comments, theme.key]);
    if (key !== this.key && !(state.isMoving && now - this.drawnAt < READING_MS)) {
      this.key = key;
      this.drawnAt = now;
      this.list.replaceChildren(...state.comments.map(({ variant, text }) => {
        const found = state.variants.find(({ name }) => name === variant);
        const colour = found ? found.colour[theme.mode] : theme.muted;
        return make("li", {}, make("span", { class: "key", style: `background:${colour}` }),
          make("span", {}, text));
      }));
    }
    const words = outcomeWords(state.outcome, prediction);
    this.outcome.hidden = !words;
    setText(this.outcome, words);
  }
}

function outcomeWords(outcome, prediction) {
  if (!outcome?.measured) return "";
  const { question, measured } = outcome;
  if (!prediction) return `${question} Measured: ${measured}.`;
  const verdict = prediction === measured ? "As you said." : "Not what you said.";
  return `${question} You said: ${prediction}. Measured: ${measured}. ${verdict}`;
}
