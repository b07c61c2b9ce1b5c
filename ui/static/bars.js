// Bars: a few signed values a group, side by side from zero, with their figures.
const { el, mount, put, saver } = window.OB;
mount({ element, props, watch }, "ob-pairs", (root, v) => {
  if (v.state !== "ready") { root.replaceChildren(); return; }
  const bar = (b, low, span) => {
    const from = (Math.min(b.value, 0) - low) / span, long = Math.abs(b.value) / span;
    const ink = b.slot === null || b.slot === undefined ? "ob-ink-base" : `ob-ink-${b.slot % 8}`;
    return el("div", {}, el("dt", {}, b.label),
      el("dd", {}, el("span", { class: `ob-beam ${ink}`, "aria-hidden": "true" },
        el("i", { style: `left:${100 * from}%;width:${Math.max(100 * long, 0.4)}%` }),
        low < 0 ? el("b", { style: `left:${(-100 * low) / span}%` }) : null),
      el("span", { class: "ob-figure" }, b.text)));
  };
  const group = (g) => {
    const values = g.bars.map((b) => b.value), low = Math.min(0, ...values), span = Math.max(0, ...values) - low || 1;
    return el("li", { class: "ob-card" }, el("h4", {}, g.name), el("dl", {}, g.bars.map((b) => bar(b, low, span))));
  };
  put(root, el("h3", { class: "ob-title" }, v.title), el("ul", {}, v.groups.map(group)),
    saver(root, v, { table: () => [v.columns, v.groups.flatMap((g) => g.bars.map((b) => [g.name, b.label, b.value]))] }));
});
