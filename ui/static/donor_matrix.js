// Donor matrix: a table of pairs; click, or arrow keys and Enter, pick one.
const { el, mount, put, blank, shade, ink, css, legend, swatch, saver } = window.OB;
mount({ element, props, watch }, "ob-matrix", (root, v) => {
  if (blank(root, v)) return;
  const key = (pair) => (pair ? pair.join() : null);
  const held = root.contains(document.activeElement) ? document.activeElement.dataset.at : null;
  const old = root.querySelector(".ob-scroll")?.scrollLeft || 0;
  const buttons = []; // rows of buttons and gaps, for the arrow keys
  const head = (one) => [one.slot === null ? null : swatch(one.slot), el("span", { title: one.name }, one.name)];
  const cell = (c, i, j) => {
    if (!c) return el("td", { class: "ob-void" });
    const rgb = c.v === null ? null : shade(c.v, v.diverging);
    const look = rgb ? `background:${css(rgb)};color:${ink(rgb)}` : null;
    const inner = [el("b", {}, c.text), c.note ? el("small", { style: rgb ? "color:inherit" : null }, c.note) : null];
    if (!c.pair) return el("td", { class: "ob-total" }, el("div", { class: rgb ? null : "ob-none", style: look }, inner));
    const button = el("button", {
      type: "button", class: rgb ? null : "ob-none", style: look, tabindex: "-1", "data-at": `${i},${j}`, "aria-label": c.label,
      "aria-pressed": String(key(c.pair) === key(v.selected)), onclick: () => trigger("pick", { pair: c.pair }),
    }, inner);
    button.addEventListener("focus", () => {
      root.querySelector('[tabindex="0"]')?.setAttribute("tabindex", "-1");
      button.setAttribute("tabindex", "0");
    });
    buttons[i][j] = button;
    return el("td", {}, button);
  };
  const table = el("table", { class: v.cols.length > 5 ? "ob-wide" : null, "aria-label": v.label, style: `--ob-cols:${v.cols.length}` },
    el("thead", {}, el("tr", {}, el("th", { scope: "col" }, v.corner),
      v.cols.map((one) => el("th", { scope: "col", class: one.slot === null ? "ob-total" : null }, head(one))))),
    el("tbody", {}, v.rows.map((row, i) => {
      buttons.push([]);
      return el("tr", {}, el("th", { scope: "row" }, head(row)), row.cells.map((c, j) => cell(c, i, j)));
    })));
  table.addEventListener("keydown", (event) => {
    const moves = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
    const move = moves[event.key];
    if (!move || !event.target.dataset.at) return;
    event.preventDefault();
    let [i, j] = event.target.dataset.at.split(",").map(Number);
    do { i += move[0]; j += move[1]; } while (v.rows[i] && j >= 0 && j < v.cols.length && !buttons[i][j]);
    buttons[i]?.[j]?.focus();
  });
  const box = el("div", { class: "ob-scroll" }, table);
  const figures = () => [v.columns, v.rows.flatMap((row) => row.cells.flatMap((c, j) => (c ? [[row.name, v.cols[j].name, c.value]] : [])))];
  put(root, el("p", { class: "ob-hint" }, v.hint || ""), box, legend(v.legend), saver(root, v, { table: figures }));
  box.scrollLeft = old;
  const all = buttons.flat().filter(Boolean);
  const start = all.find((b) => b.dataset.at === held) || all.find((b) => b.getAttribute("aria-pressed") === "true") || all[0];
  start?.setAttribute("tabindex", "0");
  if (held) start?.focus({ preventScroll: true });
});
