// Scatter: predicted against measured, logarithmic away from zero on both axes, in SVG.
const { el, svg, mount, put, blank, tips, number, twin, saver } = window.OB;
const SHAPES = ["M-4.5,0a4.5,4.5 0 1,0 9,0a4.5,4.5 0 1,0 -9,0", "M-4,-4H4V4H-4Z", "M0,-5.5L5,4H-5Z", "M0,-5.5L5.5,0L0,5.5L-5.5,0Z",
  "M0,5.5L5,-4H-5Z", "M-5,-2H-2V-5H2V-2H5V2H2V5H-2V2H-5Z", "M-5,-3H5V3H-5Z", "M-3,-5H3V5H-3Z"];
const marker = (slot, x, y, attrs) => svg("path", {
  d: SHAPES[slot % 8], transform: `translate(${x},${y})`, class: `ob-dot ob-ink-${slot % 8}`, ...attrs,
});

// An axis on which values below `small` are linear and those above logarithmic, of both signs.
function axis(values) {
  const sizes = values.map(Math.abs).filter((v) => v > 0).sort((a, b) => a - b);
  const most = sizes.at(-1) ?? 1;
  const small = Math.max(sizes[Math.floor(sizes.length / 8)] ?? most, most * 1e-7);
  const bend = (v) => Math.asinh(v / small);
  const low = bend(Math.min(0, ...values)), high = bend(Math.max(0, ...values)), room = (high - low) * 0.06 || 1;
  const from = low < 0 ? low - room : -room * 0.7;
  const marks = [0];
  for (let k = Math.ceil(Math.log10(small)); k <= Math.ceil(Math.log10(most)); k++) marks.push(10 ** k, -(10 ** k));
  return {
    at: (v) => (bend(v) - from) / (high + room - from),
    back: (share) => Math.sinh(from + share * (high + room - from)) * small,
    marks: marks.filter((v) => bend(v) >= from && bend(v) <= high + room).sort((a, b) => a - b),
  };
}

// Of these marks those that stand apart, from zero outwards.
function apart(marks, place, least) {
  const kept = [];
  for (const v of [...marks].sort((a, b) => Math.abs(a) - Math.abs(b))) {
    if (kept.every((k) => Math.abs(place(k) - place(v)) >= least)) kept.push(v);
  }
  return kept;
}

mount({ element, props, watch }, "ob-scatter", (root, v) => {
  if (blank(root, v)) return;
  const open = root.querySelector("details")?.open;
  const width = Math.max(root.clientWidth, 260), height = Math.min(420, Math.max(280, width * 0.6));
  const pad = { left: 62, right: 14, top: 24, bottom: 44 };
  const points = v.series.flatMap((s) => s.points.map((p) => p.at));
  const [across, up] = [0, 1].map((i) => axis(points.map((p) => p[i])));
  const x = (p) => pad.left + across.at(p) * (width - pad.left - pad.right);
  const y = (m) => height - pad.bottom - up.at(m) * (height - pad.top - pad.bottom);
  const ends = { left: pad.left, right: width - pad.right, top: pad.top, bottom: height - pad.bottom };
  const plot = svg("svg", { width, height, role: "img", "aria-label": v.label, class: "ob-plot" },
    apart(up.marks, y, 18).map((m) => [
      svg("line", { class: m === 0 ? "ob-axis" : "ob-gridline", x1: ends.left, x2: ends.right, y1: y(m), y2: y(m) }),
      svg("text", { x: ends.left - 6, y: y(m) + 4, "text-anchor": "end" }, number(m))]),
    apart(across.marks, x, 52).map((p) => [
      svg("line", { class: p === 0 ? "ob-axis" : "ob-gridline", x1: x(p), x2: x(p), y1: ends.top, y2: ends.bottom }),
      svg("text", { x: x(p), y: ends.bottom + 16, "text-anchor": "middle" }, number(p))]),
    svg("text", { class: "ob-axis-name", x: (ends.left + ends.right) / 2, y: height - 6, "text-anchor": "middle" }, v.x_label),
    svg("text", { class: "ob-axis-name", x: 4, y: 12 }, v.y_label));
  if (points.some((p) => p[1] < 0)) {
    plot.append(svg("text", { x: ends.right - 4, y: Math.min(y(0) + 15, ends.bottom - 4), "text-anchor": "end" }, v.below));
  }
  if (v.equal) {
    const line = Array.from({ length: 81 }, (_, i) => across.back(i / 80)).filter((p) => p >= 0)
      .map((p) => [x(p), y(p)]).filter(([, h]) => h >= ends.top && h <= ends.bottom);
    if (line.length > 1) {
      plot.append(svg("polyline", { class: "ob-dashed ob-ink-base", fill: "none", points: line.map((p) => p.join(",")).join(" ") }));
    }
  }
  for (const s of v.series) {
    plot.append(...s.points.map((p) => marker(s.slot, x(p.at[0]), y(p.at[1]), {
      "data-tip": `${p.tip} · ${v.columns[3]} ${number(p.at[0])} · ${v.columns[4]} ${number(p.at[1])}`,
    })));
  }
  const legend = v.series.map((s) => el("li", {}, svg("svg", { width: 14, height: 14, "aria-hidden": "true" }, marker(s.slot, 7, 7, {})), s.name));
  if (v.equal) {
    legend.push(el("li", {}, svg("svg", { width: 26, height: 12, "aria-hidden": "true" },
      svg("line", { class: "ob-dashed ob-ink-base", x1: 0, x2: 26, y1: 6, y2: 6 })), v.equal));
  }
  const rows = v.series.flatMap((s) => s.points.map((p) => [...p.row, ...p.at]));
  const table = twin(v.table, v.columns, rows.map((r) => r.map((c, i) => (i < 3 ? c.toLocaleString() : number(c)))));
  table.open = Boolean(open);
  put(root, el("h3", { class: "ob-title" }, v.title), el("ul", { class: "ob-legend" }, legend), plot,
    el("p", { class: "ob-caption" }, v.note), table, saver(root, v, { table: () => [v.columns, rows] }));
  tips(root, plot);
}, { resize: true });
