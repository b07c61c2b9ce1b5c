// Score dots: a panel a skill, a row a model; the picture can be saved as SVG, PNG or HTML.
const { el, svg, mount, put, tips, saver, still, twin } = window.OB;
const ROW = 22, HEAD = 34, FOOT = 26, GAP = 22;
const ink = (slot) => (slot === null || slot === undefined ? "ob-ink-base" : `ob-ink-${slot % 8}`);
const letters = (text) => [...text].reduce((n, c) => n + (c.charCodeAt(0) > 0x2e7f ? 2 : 1), 0);
const cut = (text, most) => {
  let n = 0;
  const kept = [...text].filter((c) => (n += letters(c)) <= most).join("");
  return kept === text ? text : `${kept}…`;
};

function picture(v, width) {
  const names = Math.min(7.2 * Math.max(...v.rows.map((r) => letters(r.name))) + 14, width * 0.4, 220);
  const across = Math.max(1, Math.min(v.panels.length, Math.floor((width - names + GAP) / (150 + GAP))));
  const wide = (width - names - GAP * (across - 1) - 16) / across;
  const tall = HEAD + ROW * v.rows.length + FOOT;
  const plot = svg("svg", { width, height: tall * Math.ceil(v.panels.length / across), role: "img", "aria-label": v.title, class: "ob-plot" });
  v.panels.forEach((panel, k) => {
    const left = names + (k % across) * (wide + GAP), top = Math.floor(k / across) * tall;
    const x = (s) => left + ((s - panel.low) / (panel.high - panel.low)) * wide;
    const y = (i) => top + HEAD + ROW * (i + 0.5);
    const end = top + HEAD + ROW * v.rows.length;
    if (k % across === 0) {
      v.rows.forEach((r, i) => plot.append(svg("text", { class: r.strong ? "ob-strong" : null, x: names - 12, y: y(i) + 4, "text-anchor": "end" }, cut(r.name, (names - 14) / 6.6))));
    }
    plot.append(svg("text", { class: "ob-strong", x: left, y: top + 16 }, cut(panel.name, wide / 6.4)));
    panel.ticks.forEach(([s, text], i) => plot.append(
      svg("line", { class: "ob-gridline", x1: x(s), x2: x(s), y1: top + HEAD - 6, y2: end }),
      svg("text", { x: x(s), y: end + 15, "text-anchor": i === 0 ? "start" : i === panel.ticks.length - 1 ? "end" : "middle" }, text)));
    panel.points.forEach((point, i) => {
      if (!point) return;
      const [score, low, high] = point.at, r = v.rows[i];
      const style = r.strong ? "ob-ink-strong" : ink(r.slot);
      plot.append(
        svg("line", { class: `ob-range ${style}`, x1: x(low), x2: x(high), y1: y(i), y2: y(i) }),
        svg("circle", { class: `ob-point ${style}`, cx: x(score), cy: y(i), r: r.strong ? 5.5 : 4.5,
          "data-tip": `${r.name} · ${panel.name} · ${point.text}` }));
    });
  });
  return plot;
}

function table(v) {
  return twin(v.title, [v.corner, ...v.panels.map((p) => p.name)],
    v.rows.map((r, i) => [r.name, ...v.panels.map((p) => p.points[i]?.text || v.missing)]));
}

// A page of its own that needs nothing else: the picture and its figures.
function page(v, plot) {
  const rows = table(v).querySelector("table");
  const doc = document.implementation.createHTMLDocument(v.title);
  doc.documentElement.lang = v.lang;
  const style = doc.createElement("style");
  style.textContent = "body{font:15px/1.5 sans-serif;margin:24px;color:#1b2536}td,th{text-align:left;padding:4px 12px;border-bottom:1px solid #dbe2ec}";
  const meta = doc.createElement("meta");
  meta.setAttribute("charset", "utf-8");
  const head = doc.createElement("h1");
  head.textContent = v.title;
  const note = doc.createElement("p");
  note.textContent = v.note;
  doc.head.prepend(meta);
  doc.head.append(style);
  doc.body.append(head, still(plot), note, doc.importNode(rows, true));
  return new XMLSerializer().serializeToString(doc);
}

mount({ element, props, watch }, "ob-dots", (root, v) => {
  if (v.state !== "ready") { root.replaceChildren(); return; }
  const plot = picture(v, Math.max(root.clientWidth, 280));
  put(root, el("h3", { class: "ob-title" }, v.title), plot, el("p", { class: "ob-caption" }, v.note),
    saver(root, v, {
      table: () => table(v).querySelector("table"),
      more: { HTML: () => new Blob([page(v, plot)], { type: "text/html" }) },
    }));
  tips(root, plot);
}, { resize: true });
