// How far a sweep or a test is, what its owner can do, and what can be saved.

import { make, setText } from "./dom.js";

export class Progress {
  /** controls: for the owner, null: none; watching: said to others; files: [text, path] of what can be saved */
  constructor({ can_command: isOwner, run }, { controls, watching, files }) {
    this.isOwner = isOwner;
    this.bar = make("progress", { max: 1, value: 0, "aria-label": "Progress" });
    this.status = make("output", { class: "status" });
    const links = files.flatMap(([text, path]) => [" ", make("a", {
      class: "export", download: "", href: new URL(path, document.baseURI),
    }, text)]);
    this.element = make("div", { class: "transport" },
      isOwner ? controls : make("p", { class: "watching" }, watching), this.bar, this.status,
      files.length ? make("span", { class: "saved" }, "Export:", ...links) : null);
    this.connection = "open";
    this.run = run;
  }

  connect(connection) {
    this.connection = connection;
    this.say();
  }

  draw({ run, progress }) {
    Object.assign(this, { run, progress });
    this.bar.value = progress.share;
    this.say();
  }

  say() {
    if (this.progress) setText(this.status, this.words(this.progress).filter(Boolean).join(" · "));
  }

  /** What is said, in parts; empty ones are left out. */
  words({ text, device }) {
    return [text, device, this.state];
  }

  get state() {
    return this.connection === "open" ? this.run.state : "reconnecting…";
  }
}
