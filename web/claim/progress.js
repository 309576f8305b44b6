// How far a test is, the button that stops it, and what can be saved of it.

import { make } from "../kit/dom.js";
import { Progress } from "../kit/progress.js";

export class TestProgress extends Progress {
  constructor(hello, claim) {
    const stop = make("button", {
      type: "button", title: "Stop this test; what was measured stays", onclick: () => claim.command({ kind: "stop" }),
    }, "Stop");
    const path = (name) => `api/claim/${hello.run.id}/${name}?token=${claim.data.token}`;
    super(hello, {
      controls: stop, files: [["report", path("report.html")], ["JSON", path("claim.json")]],
      watching: "You are watching; the browser that started this test can stop it.",
    });
    this.stop = stop;
  }

  draw(update) {
    super.draw(update);
    this.stop.hidden = this.run.has_ended;
  }

  words({ text, seconds, machine }) {
    return [this.run.has_ended ? this.run.state : this.state, text, `${seconds.toFixed(0)} s`, machine];
  }
}
