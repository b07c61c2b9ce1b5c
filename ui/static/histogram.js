// Histogram: bars of counts between edges, in SVG.
const { el, svg, mount, put, blank, tip, number, short, ticks, saver } = window.OB;
mount({ element, props, watch }, "ob-histogram", (root, v) => {
  if (blank(root, v)) return;
  const width = Math.max(root.clientWidth, 240), height = 200;
  const pad = { left: 46, right: 10, top: 24, bottom: 40 };
  const [first, last] = [v.edges[0], v.edges[v.edges.length - 1]];
  const top = Math.max(...v.counts, 1);
  const x = (e) => pad.left + ((e - first) / (last - first || 1)) * (width - pad.left - pad.right);
  const level = (n) => (v.log ? (n > 0 ? (Math.log10(n) + 0.3) / (Math.log10(top) + 0.3) : 0) : n / top);
  const y = (n) => height - pad.bottom - Math.max(level(n), 0) * (height - pad.top - pad.bottom);
  const yTicks = v.log
    ? Array.from({ length: Math.floor(Math.log10(top)) + 1 }, (_, i) => 10 ** i)
    : ticks(0, top, 4);
  const plot = svg("svg", { width, height, role: "img", "aria-label": v.label, class: "ob-plot" },
    yTicks.map((n) => [
      svg("line", { class: "ob-gridline", x1: pad.left, x2: width - pad.right, y1: y(n), y2: y(n) }),
      svg("text", { x: pad.left - 6, y: y(n) + 4, "text-anchor": "end" }, short(n))]),
    ticks(first, last, Math.floor(width / 90)).map((e) =>
      svg("text", { x: x(e), y: height - pad.bottom + 15, "text-anchor": "middle" }, number(e))),
    v.counts.map((n, i) => svg("rect", {
      class: "ob-bar", "data-i": i, x: x(v.edges[i]) + 0.5, y: y(n),
      width: Math.max(x(v.edges[i + 1]) - x(v.edges[i]) - 1, 0.5), height: height - pad.bottom - y(n),
    })),
    svg("line", { class: "ob-axis", x1: pad.left, x2: width - pad.right, y1: height - pad.bottom, y2: height - pad.bottom }),
    svg("text", { class: "ob-axis-name", x: (pad.left + width) / 2, y: height - 6, "text-anchor": "middle" }, v.x_label),
    svg("text", { class: "ob-axis-name", x: 2, y: 12 }, v.y_label));
  if (v.mark) {
    const at = x(v.mark.x), late = at > width / 2;
    plot.append(
      svg("line", { class: "ob-mark", x1: at, x2: at, y1: pad.top, y2: height - pad.bottom }),
      svg("text", { class: "ob-strong", x: at + (late ? -5 : 5), y: 14, "text-anchor": late ? "end" : "start" }, v.mark.text));
  }
  put(root, el("h3", { class: "ob-title" }, v.title || ""), plot,
    saver(root, v, { table: () => [v.columns, v.counts.map((n, i) => [v.edges[i], v.edges[i + 1], n])] }));
  const bubble = tip(root);
  plot.addEventListener("pointermove", (event) => {
    const i = event.target.getAttribute("data-i");
    if (i === null) return bubble.hide();
    return bubble.over(`${number(v.edges[i])} – ${number(v.edges[+i + 1])} · ${v.counts[i].toLocaleString()}`, event.target);
  });
  plot.addEventListener("pointerleave", () => bubble.hide());
}, { resize: true });
