// First rows of a table, as text.
const { el, mount, put, blank, saver } = window.OB;
mount({ element, props, watch }, "ob-sheet", (root, v) => {
  if (blank(root, v)) return;
  const head = (c) => el("th", { scope: "col", class: c.role ? "ob-used" : null }, c.name,
    c.role ? el("small", {}, c.role) : null);
  put(root, el("div", { class: "ob-scroll", tabindex: "0", role: "region", "aria-label": v.caption },
    el("table", {}, el("caption", {}, v.caption),
      el("thead", {}, el("tr", {}, el("th", { scope: "col" }, v.corner), v.columns.map(head))),
      el("tbody", {}, v.rows.map((r) => el("tr", {},
        el("th", { scope: "row" }, r.line), r.cells.map((c) => el("td", {}, el("div", {}, c)))))))),
    saver(root, v, { picture: false, table: () => root.querySelector("table") }));
});
