// What the learner chose to see, kept for this tab: panels, quantity, options of panels.

const KEY = "bnlab-board";

function stored() {
  try {
    return JSON.parse(sessionStorage.getItem(KEY)) ?? {};
  } catch {
    return {}; // a browser that keeps nothing for us
  }
}

export class Prefs {
  constructor(hello) {
    const chosen = stored();
    this.shown = chosen.shown ?? hello.shown;
    this.quantity = chosen.quantity ?? hello.quantity;
    this.options = chosen.options ?? {};
  }

  /** Change some of it, and keep that for the next run as well. */
  choose(changes) {
    Object.assign(this, changes);
    try {
      sessionStorage.setItem(KEY, JSON.stringify({ ...stored(), ...changes }));
    } catch {
      // It holds for this run at least.
    }
  }
}
