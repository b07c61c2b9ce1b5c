// Findings: a ranked list in words; a click picks one. The first are shown, all on demand.
const { el, mount, put, blank, swatch, saver } = window.OB;
const FEW = 4;
let whole = false; // all are shown
mount({ element, props, watch }, "ob-findings", (root, v) => {
  if (blank(root, v)) return;
  const held = root.contains(document.activeElement) ? document.activeElement.dataset.index : null;
  const cut = v.items.length > FEW + 1;
  const donor = (one) => el("span", { class: "ob-donor" }, swatch(one.slot), one.name);
  const line = (f, i) => el("li", { hidden: cut && !whole && i >= FEW && !f.selected }, el("button", {
    type: "button", "data-index": i, "aria-pressed": String(f.selected), onclick: () => trigger("pick", { index: i }),
  }, el("b", {}, f.head), el("span", { class: "ob-pair" }, f.pair.map(donor)), el("span", {}, f.text),
  f.note ? el("small", {}, f.note) : null));
  const list = el("ol", { "aria-label": v.label }, v.items.map(line));
  const more = cut ? el("button", {
    type: "button", class: "ob-button ob-more", "aria-expanded": String(whole),
    onclick: () => {
      whole = !whole;
      list.querySelectorAll("li").forEach((node, i) => { node.hidden = !whole && i >= FEW && !v.items[i].selected; });
      more.textContent = whole ? v.fewer : v.more;
      more.setAttribute("aria-expanded", String(whole));
    },
  }, whole ? v.fewer : v.more) : null;
  put(root, list, more, v.foot ? el("p", { class: "ob-caption" }, v.foot) : null,
    saver(root, v, { picture: false, table: () => [v.columns, v.items.map((f) => [f.head, ...f.pair.map((one) => one.name), f.text, f.note])] }));
  if (held !== null) root.querySelector(`[data-index="${held}"]`)?.focus({ preventScroll: true });
});
