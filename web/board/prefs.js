// What the learner chose to see, kept for this tab: panels, quantity, options of panels.

// Where statistics are recorded other panels matter: those are chosen separately.
const keyOf = ({ statistics }) => (statistics ? "bnlab-board-statistics" : "bnlab-board");

function stored(key) {
  try {
    return JSON.parse(sessionStorage.getItem(key)) ?? {};
  } catch {
    return {}; // a browser without storage
  }
}

export class Prefs {
  constructor(hello) {
    this.key = keyOf(hello);
    const chosen = stored(this.key);
    this.shown = chosen.shown ?? hello.shown;
    this.quantity = chosen.quantity ?? hello.quantity;
    this.options = chosen.options ?? {};
  }

  /** Change some of it, and keep it for the next run as well. */
  choose(changes) {
    Object.assign(this, changes);
    try {
      sessionStorage.setItem(this.key, JSON.stringify({ ...stored(this.key), ...changes }));
    } catch {
      // It is kept for this run at least.
    }
  }
}
