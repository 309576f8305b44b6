// What the quiz keeps in this tab, and the way from a question to its experiment and back.

import { make } from "../board/numbers.js";

const KEY = "bnlab-quiz";

export const mount = (root) => new Quiz(root);

class Quiz {
  constructor(root) {
    this.back = make("button", { type: "button", class: "back", hidden: true, onclick: () => this.goBack() },
      "Back to the quiz");
    root.replaceChildren(this.back);
    // Once the quiz is in sight again nobody needs to be led there.
    this.sight = new IntersectionObserver(([entry]) => { if (entry.isIntersecting) this.back.hidden = true; });
    this.sight.observe(root);
  }

  /**
   * data.progress: what to keep; "" when nothing was done in this session yet.
   * data.way: JSON of how many experiments were set up, and the heading where the last is seen.
   */
  show({ data, setTriggerValue }) {
    if (data.progress) keep(data.progress);
    else if (!this.wasAsked && kept()) setTriggerValue("kept", kept());
    this.wasAsked = true;
    const [count, place] = JSON.parse(data.way);
    const isNew = this.count !== undefined && count > this.count;
    this.count = count;
    if (isNew) this.goTo(place);
  }

  goTo(place) {
    lead(headings().find((heading) => heading.textContent.trim() === place) ?? headings()[0]);
    this.back.hidden = false;
  }

  goBack() {
    this.back.hidden = true;
    lead(headings().at(-1)); // the quiz is the last part of its page
  }

  leave() {
    this.sight.disconnect();
  }
}

function keep(progress) {
  try {
    sessionStorage.setItem(KEY, progress);
  } catch {
    // A browser that keeps nothing for us: the session on the server still does.
  }
}

function kept() {
  try {
    return sessionStorage.getItem(KEY);
  } catch {
    return null;
  }
}

const headings = () => [...document.querySelectorAll(".stMain :is(h1, h2, h3)")];

/** Scroll to a heading, and have the keyboard and the screen reader go on from there. */
function lead(heading) {
  const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  heading.tabIndex = -1;
  heading.style.scrollMarginTop = "4.5rem"; // below the bar at the top
  heading.focus({ preventScroll: true });
  heading.scrollIntoView({ behavior: isCalm ? "auto" : "smooth", block: "start" });
}
