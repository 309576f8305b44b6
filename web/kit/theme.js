// Colours and fonts of the page, from Streamlit's current theme.

const FALLBACK = { text: "#1b1f24", background: "#ffffff", quiet: "#f2f4f7", font: "sans-serif" };

function luminance(colour) {
  const canvas = luminance.canvas ??= document.createElement("canvas").getContext("2d");
  canvas.fillStyle = colour;
  const hex = canvas.fillStyle; // a colour of any form, as #rrggbb
  const [r, g, b] = [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));
  return (0.3 * r + 0.6 * g + 0.1 * b) / 255;
}

export function readTheme(element) {
  const style = getComputedStyle(element);
  const of = (name, fallback) => style.getPropertyValue(name).trim() || fallback;
  const text = of("--st-text-color", FALLBACK.text);
  const background = of("--st-background-color", FALLBACK.background);
  const isDark = luminance(background) < 0.5;
  return {
    text,
    background,
    isDark,
    mode: isDark ? "dark" : "light",
    font: of("--st-font", FALLBACK.font),
    grid: isDark ? "rgba(255,255,255,0.12)" : "rgba(0,0,0,0.10)",
    axis: isDark ? "rgba(255,255,255,0.45)" : "rgba(0,0,0,0.45)",
    muted: isDark ? "#a3aab3" : "#5c6570",
    key: `${text}/${background}`,
  };
}

/** A layout of bnlab.figures in the colours of the page. */
export function themed(layout, theme, variants) {
  const axis = {
    gridcolor: theme.grid, linecolor: theme.axis, zerolinecolor: theme.grid,
    tickcolor: theme.axis, ticks: "outside", ticklen: 4, showline: true, automargin: false,
    spikethickness: 1, spikedash: "solid", spikecolor: theme.axis,
  };
  const result = {
    ...layout,
    font: { family: theme.font, size: 13, color: theme.text },
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    hoverlabel: {
      bgcolor: theme.background, bordercolor: theme.axis, font: { color: theme.text, size: 13 },
    },
    // A finger that scrolls must not zoom.
    dragmode: matchMedia("(pointer: coarse)").matches ? false : layout.dragmode,
  };
  for (const name of Object.keys(layout).filter((key) => /^[xy]axis\d*$/.test(key))) {
    const title = { standoff: 8, ...layout[name].title };
    result[name] = { ...axis, ...layout[name], title };
  }
  result.annotations = (layout.annotations ?? []).map((annotation) => {
    const variant = variants.find(({ name }) => name === annotation.name);
    const color = variant ? variant.colour[theme.mode] : theme.text;
    return { ...annotation, font: { color, size: 14 } };
  });
  return result;
}
