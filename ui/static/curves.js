// Curves: score per skill against the turn, with whiskers, in SVG.
const { el, svg, mount, put, blank, tips, percent, ticks, twin, saver } = window.OB;
const SHAPES = ["M-4,0a4,4 0 1,0 8,0a4,4 0 1,0 -8,0", "M-4,-4H4V4H-4Z", "M0,-5L5,4H-5Z", "M0,-5L5,0L0,5L-5,0Z",
  "M0,5L5,-4H-5Z", "M-5,-2H-2V-5H2V-2H5V2H2V5H-2V2H-5Z", "M-5,-3H5V3H-5Z", "M-3,-5H3V5H-3Z"];
const style = (slot) => (slot === null || slot === undefined ? "ob-ink-base" : `ob-ink-${slot % 8}`);
// what has no colour has a dash and a shape of its own, which no donor's line before it has
const DASHES = ["2 4", "10 3 2 3", "14 5", "6 3 2 3 2 3"];
const dash = (s) => (Number.isInteger(s.general) ? DASHES[s.general % 4] : null);
const shape = (s) => SHAPES[(Number.isInteger(s.general) ? 7 - (s.general % 8) : s.slot ?? 0) % 8];
const marker = (s, x, y, attrs) => svg("path", {
  d: shape(s), transform: `translate(${x},${y})`, class: `ob-dot ${style(s.slot)}`, ...attrs,
});
mount({ element, props, watch }, "ob-curves", (root, v) => {
  if (blank(root, v)) return;
  const open = root.querySelector("details")?.open;
  const width = Math.max(root.clientWidth, 260), height = 270;
  const pad = { left: 46, right: 14, top: 20, bottom: 42 };
  const turns = Math.max(v.turns, 1);
  const x = (t) => pad.left + (t / turns) * (width - pad.left - pad.right);
  const top = v.top || 1;
  const y = (s) => height - pad.bottom - (s / top) * (height - pad.top - pad.bottom);
  const plot = svg("svg", { width, height, role: "img", "aria-label": v.label, class: "ob-plot" },
    [0, 0.25, 0.5, 0.75, 1].map((part) => part * top).map((s) => [
      svg("line", { class: "ob-gridline", x1: pad.left, x2: width - pad.right, y1: y(s), y2: y(s) }),
      svg("text", { x: pad.left - 6, y: y(s) + 4, "text-anchor": "end" }, percent(s, top < 0.4 && s ? 1 : 0))]),
    ticks(0, turns, Math.min(turns, Math.floor(width / 60))).map((t) =>
      svg("text", { x: x(t), y: height - pad.bottom + 16, "text-anchor": "middle" }, t)),
    svg("text", { class: "ob-axis-name", x: (pad.left + width - pad.right) / 2, y: height - 6, "text-anchor": "middle" }, v.x_label),
    svg("text", { class: "ob-axis-name", x: 4, y: 11 }, v.y_label));
  if (v.current !== null && v.current !== undefined) {
    const late = v.current > turns * 0.8;
    plot.append(svg("line", { class: "ob-mark", x1: x(v.current), x2: x(v.current), y1: pad.top, y2: height - pad.bottom }),
      svg("text", { class: "ob-strong", x: x(v.current) + (late ? -5 : 5), y: 11, "text-anchor": late ? "end" : "start" }, v.current_text || ""));
  }
  for (const s of v.series) {
    const line = s.points.map(([t, q]) => `${x(t)},${y(q)}`).join(" ");
    if (s.base !== null && s.base !== undefined) {
      plot.append(svg("line", { class: `ob-dashed ${style(s.slot)}`, x1: x(0), x2: x(turns), y1: y(s.base), y2: y(s.base) }));
    }
    plot.append(
      ...s.points.map(([t, , low, high]) => svg("line", { class: `ob-whisker ${style(s.slot)}`, x1: x(t), x2: x(t), y1: y(low), y2: y(high) })),
      svg("polyline", { class: `ob-line ${style(s.slot)}`, points: line, "stroke-dasharray": dash(s) }),
      ...s.points.map(([t, q, low, high]) => marker(s, x(t), y(q), {
        "data-tip": `${s.name} · ${v.x_label} ${t} · ${percent(q)} (${percent(low)} – ${percent(high)})`,
      })));
  }
  const legend = v.series.map((s) => el("li", {},
    svg("svg", { width: 26, height: 12, "aria-hidden": "true" },
      svg("line", { class: `ob-line ${style(s.slot)}`, x1: 0, x2: 26, y1: 6, y2: 6, "stroke-dasharray": dash(s) }),
      marker(s, 13, 6, {})), s.name));
  if (v.base_text && v.series.some((s) => s.base !== null && s.base !== undefined)) {
    legend.push(el("li", {}, svg("svg", { width: 26, height: 12, "aria-hidden": "true" },
      svg("line", { class: "ob-dashed ob-ink-base", x1: 0, x2: 26, y1: 6, y2: 6 })), v.base_text));
  }
  const table = twin(v.table, [v.x_label, ...v.series.map((s) => s.name)],
    [...new Set(v.series.flatMap((s) => s.points.map((p) => p[0])))].sort((a, b) => a - b).map((t) => [t,
      ...v.series.map((s) => {
        const p = s.points.find((q) => q[0] === t);
        return p ? `${percent(p[1])} (${percent(p[2])} – ${percent(p[3])})` : "–";
      })]));
  table.open = Boolean(open);
  put(root, el("h3", { class: "ob-title" }, v.title || ""), el("ul", { class: "ob-legend" }, legend), plot, table,
    saver(root, v, { table: () => [v.columns, v.series.flatMap((s) => s.points.map((p) => [s.name, ...p, s.base]))] }));
  tips(root, plot);
}, { resize: true });
