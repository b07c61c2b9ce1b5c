// Overlap histogram: one panel a donor, all claimable positions pale, contested ones strong.
const { el, svg, mount, put, blank, tip, number, short, ticks, twin, swatch, saver } = window.OB;
mount({ element, props, watch }, "ob-overlap", (root, v) => {
  if (blank(root, v)) return;
  const width = Math.max(root.clientWidth, 240), tall = 74, gap = 26, foot = 36;
  const pad = { left: 46, right: 10, top: 14 }, height = pad.top + v.panels.length * (tall + gap) + foot;
  const [first, last] = [v.edges[0], v.edges.at(-1)];
  const x = (e) => pad.left + ((e - first) / (last - first || 1)) * (width - pad.left - pad.right);
  const panel = (p, n) => {
    const most = Math.max(...p.all, 1), floor = pad.top + n * (tall + gap) + gap + tall - 4;
    const bar = (count, i, cls) => svg("rect", { class: cls, "data-i": i, "data-n": n, x: x(v.edges[i]) + 0.5, y: floor - (count / most) * (tall - 4),
      width: Math.max(x(v.edges[i + 1]) - x(v.edges[i]) - 1, 0.5), height: (count / most) * (tall - 4) });
    return svg("g", { class: `ob-ink-${p.slot % 8}` },
      svg("text", { class: "ob-strong", x: pad.left, y: floor - tall - 4 }, p.name.length > 40 ? `${p.name.slice(0, 39)}…` : p.name),
      ticks(0, most, 2).map((t) => [svg("line", { class: "ob-gridline", x1: pad.left, x2: width - pad.right, y1: floor - (t / most) * (tall - 4), y2: floor - (t / most) * (tall - 4) }),
        svg("text", { x: pad.left - 6, y: floor - (t / most) * (tall - 4) + 4, "text-anchor": "end" }, short(t))]),
      p.all.map((count, i) => bar(count, i, "ob-pale")), p.contested.map((count, i) => bar(count, i, "ob-full")),
      svg("line", { class: "ob-axis", x1: pad.left, x2: width - pad.right, y1: floor, y2: floor }));
  };
  const plot = svg("svg", { width, height, role: "img", "aria-label": v.label, class: "ob-plot" },
    v.panels.map(panel),
    ticks(first, last, Math.floor(width / 90)).map((e) => svg("text", { x: x(e), y: height - 22, "text-anchor": "middle" }, number(e))),
    svg("text", { class: "ob-axis-name", x: (pad.left + width) / 2, y: height - 4, "text-anchor": "middle" }, v.x_label),
    svg("text", { class: "ob-axis-name", x: 2, y: 10 }, v.y_label));
  const lines = () => v.panels.flatMap((p) => p.all.map((n, i) => [p.name, v.edges[i], v.edges[i + 1], n, p.contested[i]]));
  const key = (cls, text) => el("li", { class: "ob-ink-0" }, svg("svg", { width: 14, height: 14, "aria-hidden": "true" }, svg("rect", { class: cls, width: 14, height: 14, rx: 3 })), text);
  put(root, el("h3", { class: "ob-title" }, v.title),
    el("ul", { class: "ob-legend" }, key("ob-pale", v.all_text), key("ob-full", v.contested_text)), plot,
    v.panels.filter((p) => p.note).map((p) => el("p", { class: "ob-caption" }, `${p.name}: ${p.note}`)),
    twin(v.table, v.columns, lines().map(([name, a, b, ...n]) => [name, a.toFixed(2), b.toFixed(2), ...n.map((c) => c.toLocaleString("en"))])),
    saver(root, v, { table: () => [v.columns, lines()] }));
  const bubble = tip(root);
  plot.addEventListener("pointermove", (event) => {
    const { i, n } = event.target.dataset;
    if (i === undefined) return bubble.hide();
    const p = v.panels[n];
    return bubble.over(`${p.name}: ${v.edges[i].toFixed(2)} – ${v.edges[+i + 1].toFixed(2)} · ${v.all_text} ${p.all[i].toLocaleString("en")} · ${v.contested_text} ${p.contested[i].toLocaleString("en")}`, event.target);
  });
  plot.addEventListener("pointerleave", () => bubble.hide());
}, { resize: true });
