// Findings: a ranked list in words; a click picks one.
const { el, mount, put, blank, swatch, saver } = window.OB;
mount({ element, props, watch }, "ob-findings", (root, v) => {
  if (blank(root, v)) return;
  const held = root.contains(document.activeElement) ? document.activeElement.dataset.index : null;
  const old = root.querySelector("ol")?.scrollTop || 0;
  const donor = (one) => el("span", { class: "ob-donor" }, swatch(one.slot), one.name);
  const line = (f, i) => el("li", {}, el("button", {
    type: "button", "data-index": i, "aria-pressed": String(f.selected), onclick: () => trigger("pick", { index: i }),
  }, el("b", {}, f.head), el("span", { class: "ob-pair" }, f.pair.map(donor)), el("span", {}, f.text),
  f.note ? el("small", {}, f.note) : null));
  const list = el("ol", { "aria-label": v.label }, v.items.map(line));
  put(root, list, v.foot ? el("p", { class: "ob-caption" }, v.foot) : null,
    saver(root, v, { picture: false, table: () => [v.columns, v.items.map((f) => [f.head, ...f.pair.map((one) => one.name), f.text, f.note])] }));
  list.scrollTop = old;
  if (held !== null) root.querySelector(`[data-index="${held}"]`)?.focus({ preventScroll: true });
});
