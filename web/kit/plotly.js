// Plotly.js, loaded once, when the first figure needs it.

let loading = null;

export function loadPlotly(url) {
  loading ??= new Promise((resolve, reject) => {
    if (window.Plotly) {
      resolve(window.Plotly);
      return;
    }
    const script = document.createElement("script");
    script.src = new URL(url, document.baseURI);
    script.onload = () => resolve(window.Plotly);
    script.onerror = () => {
      loading = null; // so that a later try may succeed
      reject(new Error("The figures could not be loaded."));
    };
    document.head.append(script);
  });
  return loading;
}
