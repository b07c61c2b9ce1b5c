// Score table: rows models, columns skills.
const { el, mount, put, blank, saver } = window.OB;
const ARROW = { up: "▲", down: "▼", same: "≈" };
mount({ element, props, watch }, "ob-scores", (root, v) => {
  if (blank(root, v)) return;
  const old = root.querySelector(".ob-scroll")?.scrollLeft || 0;
  const cell = (c) => {
    if (!c || c.score === null || c.score === undefined) {
      return el("td", {}, el("span", { "aria-hidden": "true" }, "–"), el("span", { class: "ob-sr" }, v.missing || ""),
        c && c.why ? el("small", { class: "ob-verdict" }, c.why) : null);
    }
    return el("td", { class: c.best ? "ob-best" : null },
      el("span", { class: "ob-score" }, c.score,
        c.arrow ? el("span", { class: `ob-arrow ob-${c.arrow}`, title: c.arrow_text || null },
          el("span", { "aria-hidden": "true" }, ARROW[c.arrow] || ""),
          el("span", { class: "ob-sr" }, c.arrow_text || "")) : null,
        c.best ? el("span", { class: "ob-sr" }, v.best_text || "") : null),
      el("small", {}, c.interval || ""),
      c.retention ? el("small", {}, c.retention) : null,
      c.verdict ? el("small", { class: `ob-verdict ob-${c.tone}`, title: c.verdict_text || null }, c.verdict) : null);
  };
  const row = (r) => el("tr", { class: r.strong ? "ob-strong-row" : null },
    el("th", { scope: "row", title: r.tip || null }, r.name, r.note ? el("small", {}, r.note) : null), r.cells.map(cell));
  const group = (g) => el("tbody", {},
    g.name ? el("tr", { class: "ob-group" }, el("th", { scope: "rowgroup" }, g.name),
      el("td", { colspan: v.columns.length })) : null,
    g.rows.map(row));
  const table = el("table", {}, el("caption", {}, v.caption),
    el("thead", {}, el("tr", {}, el("th", { scope: "col" }, v.corner),
      v.columns.map((c) => el("th", { scope: "col" }, c.name, c.note ? el("small", {}, c.note) : null)))),
    v.groups.map(group));
  const box = el("div", { class: "ob-scroll", tabindex: "0", role: "region", "aria-label": v.caption }, table);
  put(root, box, v.foot ? el("p", { class: "ob-caption" }, v.foot) : null,
    saver(root, v, { picture: false, more: { CSV: () => new Blob(["\ufeff", v.save.text], { type: "text/csv" }) } }));
  box.scrollLeft = old;
});
