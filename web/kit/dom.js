// Elements of the page, made in one call.

/** An element: make("button", {class: "x", onclick: f}, "text", child, …). */
export function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** An element of a drawing: svg("circle", {r: 3}, child, …). */
export function svg(name, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

/** Set the text of an element, if it is another one: what stays the same is not read aloud again. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** A table of texts; the first cell of each row names it. */
export function table({ head, rows }, caption = null) {
  const cell = (text, i) => make(i ? "td" : "th", i ? {} : { scope: "row" }, text);
  return make("table", {}, caption && make("caption", {}, caption), headOf(head),
    make("tbody", {}, ...rows.map((row) => make("tr", {}, ...row.map(cell)))));
}

/** The head of a table, of texts or elements. */
export const headOf = (texts) =>
  make("thead", {}, make("tr", {}, ...texts.map((text) => make("th", { scope: "col" }, text))));

/** A sentence that the page must say, with what can be done about it. */
export const notice = (text, button = null, role = "alert") =>
  make("p", { class: "notice", role }, button ? make("span", {}, text) : text, button);

/** The choices of a select: pairs of a value and its text. */
export const options = (pairs) => pairs.map(([value, text]) => make("option", { value }, text));

/** A button with a short text, and words that say in full what it does. */
export const button = (text, words, onclick, more = {}) =>
  make("button", { type: "button", title: words, "aria-label": words, onclick, ...more }, text);
