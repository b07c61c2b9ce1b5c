// Score table: rows skills, columns models.
const { el, mount, put, blank } = window.OB;
const ARROW = { up: "▲", down: "▼", same: "=" };
mount({ element, props, watch }, "ob-scores", (root, v) => {
  if (blank(root, v)) return;
  const old = root.querySelector(".ob-scroll")?.scrollLeft || 0;
  const cell = (c, j) => {
    if (!c || c.score === null || c.score === undefined) {
      return el("td", {}, el("span", { "aria-hidden": "true" }, "–"), el("span", { class: "ob-sr" }, v.missing || ""));
    }
    const strong = v.models[j]?.strong ? " ob-strong-col" : "";
    return el("td", { class: `${c.best ? "ob-best" : ""}${strong}` },
      el("span", { class: "ob-score" }, c.score,
        c.arrow ? el("span", { class: `ob-arrow ob-${c.arrow}`, title: c.arrow_text || null },
          el("span", { "aria-hidden": "true" }, ARROW[c.arrow] || ""),
          el("span", { class: "ob-sr" }, c.arrow_text || "")) : null,
        c.best ? el("span", { class: "ob-sr" }, v.best_text || "") : null),
      el("small", {}, c.interval || ""),
      c.retention ? el("small", { class: "ob-retention" }, c.retention) : null);
  };
  const table = el("table", {}, el("caption", {}, v.caption),
    el("thead", {}, el("tr", {}, el("th", { scope: "col" }, v.corner),
      v.models.map((m) => el("th", { scope: "col", class: m.strong ? "ob-strong-col" : null }, m.name,
        m.note ? el("small", {}, m.note) : null)))),
    el("tbody", {}, v.rows.map((r) => el("tr", {},
      el("th", { scope: "row" }, r.name, r.note ? el("small", {}, r.note) : null), r.cells.map(cell)))));
  const box = el("div", { class: "ob-scroll", tabindex: "0", role: "region", "aria-label": v.caption }, table);
  put(root, box, v.foot ? el("p", { class: "ob-caption" }, v.foot) : null);
  box.scrollLeft = old;
});
