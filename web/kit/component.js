// How each component of the pages starts: its styles first, then its module.

export async function load(root, name) {
  const url = (path) => new URL(path, import.meta.url).href;
  await Promise.all([styles(url("./look.css")), styles(url(`../${name}/${name}.css`))]);
  return (await import(url(`../${name}/${name}.js`))).mount(root);
}

const loaded = new Map();

function styles(href) {
  if (!loaded.has(href)) {
    loaded.set(href, new Promise((resolve) => {
      const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href });
      link.onload = resolve;
      link.onerror = resolve; // without its styles, but it works
      document.head.append(link);
    }));
  }
  return loaded.get(href);
}
