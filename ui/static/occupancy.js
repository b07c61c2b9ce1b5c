// Occupancy: one stacked bar a layer; heights change by CSS transition, so nodes are kept.
const { el, mount, put, blank, tip, percent, swatch, twin, saver } = window.OB;
let shape = ""; // what the kept nodes were built for
let bars = [], bubble = null, fold = null, now = null;

function sentence(layer) {
  const rest = 1 - layer.shares.reduce((a, b) => a + b, 0);
  const parts = now.donors.map((name, k) => `${name} ${percent(layer.shares[k])}`);
  return `${layer.name} — ${[...parts, `${now.base} ${percent(Math.max(rest, 0))}`].join(", ")}`;
}
function build(root, v) {
  const every = Math.max(1, Math.ceil((v.layers.length * 24) / Math.max(root.clientWidth - 50, 100)));
  // what is no layer is always named, of the layers every so many, none beside a name
  const marked = (i) => v.layers[i].outside
    || !(Number(v.layers[i].label) % every || v.layers[i - 1]?.outside || v.layers[i + 1]?.outside);
  bars = v.layers.map((layer, i) => {
    const bar = el("div", { class: "ob-bar", role: "img", tabindex: i ? "-1" : "0", "data-i": i },
      el("div", { class: "ob-stack" }, el("i", { class: "ob-base" }),
        v.donors.map((_, k) => el("i", { class: `ob-slot-${k % 8}` }))),
      el("span", { class: "ob-tick", "aria-hidden": "true" }, marked(i) ? layer.label : ""));
    bar.addEventListener("pointerenter", () => bubble.over(sentence(now.layers[i]), bar));
    bar.addEventListener("focus", () => {
      bars.forEach((b) => b.setAttribute("tabindex", b === bar ? "0" : "-1"));
      bubble.over(sentence(now.layers[i]), bar);
    });
    bar.addEventListener("blur", () => bubble.hide());
    return bar;
  });
  const thin = (root.clientWidth - 44) / v.layers.length < 9; // hatches need room
  const plot = el("div", { class: `ob-bars${thin ? " ob-thin" : ""}`, role: "group", "aria-label": v.label }, bars);
  plot.addEventListener("pointerleave", () => bubble.hide());
  plot.addEventListener("keydown", (event) => {
    const i = bars.indexOf(event.target);
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const next = event.key === "Home" ? bars[0] : event.key === "End" ? bars.at(-1) : bars[i + step];
    if (i < 0 || !next) return;
    event.preventDefault();
    next.focus();
  });
  fold = el("div", {});
  put(root, 
    el("ul", { class: "ob-legend" }, el("li", {}, swatch(null), v.base),
      v.donors.map((name, k) => el("li", {}, swatch(k), name))),
    el("p", { class: "ob-axis-name" }, v.y_label),
    el("div", { class: "ob-frame" },
      el("div", { class: "ob-scale", "aria-hidden": "true" }, ["100 %", "50 %", "0 %"].map((s) => el("span", {}, s))),
      plot),
    el("p", { class: "ob-axis-name ob-center" }, v.x_label + (v.x_note ? ` (${v.x_note})` : "")), fold);
  bubble = tip(root);
}
mount({ element, props, watch }, "ob-occupancy", (root, v) => {
  now = v;
  if (blank(root, v)) { shape = ""; return; }
  const wanted = JSON.stringify([root.clientWidth, v.base, v.donors, v.label, v.x_label, v.y_label,
    v.layers.map((l) => l.label)]);
  if (wanted !== shape) {
    build(root, v);
    shape = wanted;
    bars[0]?.getBoundingClientRect(); // lay out once at zero, so that the first paint grows too
  }
  v.layers.forEach((layer, i) => {
    const segments = bars[i].querySelectorAll(".ob-stack i");
    const claimed = layer.shares.reduce((a, b) => a + b, 0);
    segments[0].style.height = `${100 * Math.max(1 - claimed, 0)}%`;
    layer.shares.forEach((share, k) => { segments[k + 1].style.height = `${100 * share}%`; });
    bars[i].setAttribute("aria-label", sentence(layer));
  });
  const open = fold.querySelector("details")?.open;
  const table = twin(v.table, [v.x_label, v.base, ...v.donors], v.layers.map((l) => [l.name,
    percent(Math.max(1 - l.shares.reduce((a, b) => a + b, 0), 0)), ...l.shares.map((s) => percent(s))]));
  table.open = Boolean(open);
  const rows = () => [[v.x_label, v.base, ...v.donors],
    v.layers.map((l) => [l.name, Math.max(1 - l.shares.reduce((a, b) => a + b, 0), 0), ...l.shares])];
  fold.replaceChildren(...[table, saver(root, v, { table: rows })].filter(Boolean));
}, { resize: true });
