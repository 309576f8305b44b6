// What the quiz keeps in this tab, and the way from a question to its experiment and back.

import { make } from "../kit/dom.js";

const KEY = "bnlab-quiz";

// Kept per document, not per component: Streamlit may recreate a component while the page changes.
let led = 0; // how many experiments the learner was led to
let away = null; // the page on which the learner was led to one and has not yet returned

export const mount = (root) => new Quiz(root);

class Quiz {
  constructor(root) {
    this.isInSight = true;
    this.back = make("button", { type: "button", class: "back", hidden: true, onclick: () => this.goBack() },
      "Back to the quiz");
    root.replaceChildren(this.back);
    this.sight = new IntersectionObserver((entries) => {
      this.isInSight = entries.at(-1).isIntersecting;
      this.offer();
    });
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
    if (count > led) this.goTo(place);
    led = count;
    this.offer();
  }

  goTo(place) {
    away = location.pathname;
    lead(headings().find((heading) => heading.textContent.trim() === place) ?? headings()[0]);
  }

  goBack() {
    away = null;
    lead(headings().at(-1)); // the quiz is the last part of its page
    this.offer();
  }

  offer() {
    this.back.hidden = this.isInSight || away !== location.pathname;
  }

  leave() {
    this.sight.disconnect();
  }
}

function keep(progress) {
  try {
    sessionStorage.setItem(KEY, progress);
  } catch {
    // A browser without storage: the session on the server still has it.
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

/** Scroll to a heading, and have the keyboard and the screen reader continue from there. */
function lead(heading) {
  const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  heading.tabIndex = -1;
  heading.style.scrollMarginTop = "4.5rem"; // below the bar at the top
  heading.focus({ preventScroll: true });
  heading.scrollIntoView({ behavior: isCalm ? "auto" : "smooth", block: "start" });
}
