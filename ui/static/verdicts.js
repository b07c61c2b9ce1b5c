// Verdicts: a traffic light whose lamp has a sign and a word as well as a colour.
const { el, mount, put, blank, saver } = window.OB;
const SIGNS = { green: "✓", amber: "?", red: "✕" };
const lamp = (one, small) => el("span", { class: `ob-lamp ob-lamp-${one.light}${small ? " ob-small" : ""}` },
  el("span", { "aria-hidden": "true" }, SIGNS[one.light]), el("span", {}, one.word));
mount({ element, props, watch }, "ob-verdicts", (root, v) => {
  if (blank(root, v)) return;
  const rule = (r) => el("li", {}, el("p", { class: "ob-rule" }, lamp(r, true), el("b", {}, r.text)),
    el("ul", {}, r.figures.map((f) => el("li", {}, r.figures.length > 1 ? lamp(f, true) : null,
      el("span", {}, f.text)))));
  const turn = (one) => el("li", { class: one.now ? "ob-now" : null, "aria-current": one.now ? "true" : null },
    el("span", {}, one.text), lamp(one, true));
  put(root, el("section", { class: "ob-card", "aria-label": v.label },
    el("header", { role: "status" }, lamp(v), el("h3", {}, v.head)),
    el("ul", { class: "ob-rules" }, v.rules.map(rule)),
    v.remarks.map((line) => el("p", {}, line)),
    v.turns.length < 2 ? null : el("div", { class: "ob-turns" }, el("span", { class: "ob-label" }, v.turns_label),
      el("ol", {}, v.turns.map(turn))),
    el("p", { class: "ob-caption" }, v.foot)), saver(root, v, { picture: false, table: () => v.table }));
});
