// Draws the charts of a report, and prints it at the width of the paper.
const PAPER = 672; // pixels: A4 less its margins
const boxes = document.querySelectorAll("[data-chart]");
const settings = { responsive: true, displaylogo: false, modeBarButtonsToRemove: ["lasso2d", "select2d", "autoScale2d"],
  toImageButtonOptions: { format: "png", scale: 2 } };
for (const box of boxes) {
  const { data, layout } = JSON.parse(document.getElementById(box.dataset.chart).textContent);
  window.Plotly.newPlot(box, data, { ...layout, autosize: true }, { ...settings,
    toImageButtonOptions: { ...settings.toImageButtonOptions, filename: box.id } })
    .then(() => { box.dataset.drawn = "yes"; });
}
window.addEventListener("beforeprint", () => {
  for (const box of boxes) window.Plotly.relayout(box, { width: PAPER });
});
window.addEventListener("afterprint", () => {
  for (const box of boxes) window.Plotly.relayout(box, { width: null, autosize: true });
});
document.getElementById("print").addEventListener("click", () => window.print());
