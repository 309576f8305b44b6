// A finished figure, drawn by Plotly: with words, a table and an image of it.

import { make, table } from "../kit/dom.js";
import { loadPlotly } from "../kit/plotly.js";
import { readTheme, themed } from "../kit/theme.js";

// A wheel that scrolls the page must not zoom a surface.
export const CONFIG = { displayModeBar: false, responsive: false, doubleClick: "reset", scrollZoom: false };
const THEME_MS = 500;

export const mount = (root) => new Plot(root);

export class Plot {
  constructor(root) {
    this.root = root;
    this.graph = make("div", { class: "graph", "aria-hidden": "true" });
    this.picture = make("div", { class: "picture", role: "img" }, this.graph);
    this.title = make("h3", {});
    this.help = make("dl", { class: "help", hidden: true });
    this.table = make("div", { class: "numbers", hidden: true, tabindex: "0", role: "region" });
    this.helpButton = this.button("?", "What the marks mean", () => this.toggle(this.helpButton, this.help));
    this.tableButton = this.button("Table", "The numbers as a table",
      () => this.toggle(this.tableButton, this.table));
    this.saveButton = this.button("PNG", "Save as PNG", () => this.save());
    const options = make("div", { class: "options" }, this.helpButton, this.tableButton, this.saveButton);
    root.replaceChildren(make("section", { class: "panel" },
      make("header", {}, this.title, options), this.help, this.picture, this.table));
    this.sizes = new ResizeObserver(() => this.draw());
    this.sizes.observe(this.picture);
    this.clock = setInterval(() => this.followTheme(), THEME_MS);
  }

  button(label, words, onclick) {
    return make("button", { type: "button", class: "small", title: words, onclick }, label);
  }

  toggle(button, part) {
    part.hidden = !part.hidden;
    button.setAttribute("aria-expanded", String(!part.hidden));
    if (part === this.table) this.fillTable();
  }

  show({ data }) {
    if (data.figure === this.text) return;
    this.text = data.figure;
    this.figure = JSON.parse(data.figure);
    this.say();
    loadPlotly(data.plotly).then((plotly) => {
      this.plotly = plotly;
      this.draw();
    }, (error) => this.picture.replaceChildren(make("p", { role: "alert" }, error.message)));
  }

  leave() {
    this.sizes.disconnect();
    clearInterval(this.clock);
    if (this.plotly) this.plotly.purge(this.graph);
  }

  /** Title, words, table and explanations: everything that is not drawn. */
  say() {
    const { title, alt, help = [] } = this.figure;
    this.title.textContent = title;
    this.picture.setAttribute("aria-label", alt);
    this.table.setAttribute("aria-label", `${title} as a table`);
    for (const [button, words] of [[this.helpButton, "What the marks mean"],
      [this.tableButton, "The numbers as a table"], [this.saveButton, "Save as PNG"]]) {
      button.setAttribute("aria-label", `${words}: ${title}`);
    }
    this.helpButton.hidden = !help.length;
    this.help.replaceChildren(
      ...help.flatMap(([mark, meaning]) => [make("dt", {}, mark), make("dd", {}, meaning)]));
    this.fillTable();
  }

  /** The numbers as a table, while it is open. */
  fillTable() {
    if (this.table.hidden) return;
    this.table.replaceChildren(table(this.figure.table, this.figure.title));
  }

  draw() {
    if (!this.plotly || !this.picture.clientWidth) return;
    const { traces, layout } = this.drawn();
    this.plotly.react(this.graph, traces, layout, CONFIG);
  }

  drawn() {
    const theme = readTheme(this.root);
    this.themeKey = theme.key;
    const { traces, layout } = coloured(this.figure, theme);
    return { theme, traces, layout: { ...themed(layout, theme, []), width: this.picture.clientWidth } };
  }

  followTheme() {
    if (this.figure && readTheme(this.root).key !== this.themeKey) this.draw();
  }

  async save() {
    const { theme, traces, layout } = this.drawn();
    const height = layout.height + 40;
    const url = await this.plotly.toImage({
      data: traces,
      layout: {
        ...layout, height, paper_bgcolor: theme.background,
        title: { text: this.figure.title, x: 0.02, font: { size: 16 } },
        margin: { ...layout.margin, t: layout.margin.t + 40 },
      },
    }, { format: "png", width: layout.width, height, scale: 2 });
    const name = this.figure.title.toLowerCase().replace(/[^a-z0-9]+/g, "-");
    make("a", { href: url, download: `bnlab-${name}.png` }).click();
  }
}

/** A figure with the colours of the page instead of {light, dark}, "$text" and "$muted". */
export function coloured(value, theme) {
  if (typeof value === "string") return value.startsWith("$") ? theme[value.slice(1)] ?? value : value;
  if (Array.isArray(value)) return value.map((item) => coloured(item, theme));
  if (value === null || typeof value !== "object") return value;
  if ("light" in value && "dark" in value) return value[theme.mode];
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, coloured(item, theme)]));
}
