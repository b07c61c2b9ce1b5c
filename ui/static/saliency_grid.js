// Saliency grid: layers x modules; click, or arrow keys and Enter, pick a tensor.
const { el, mount, put, blank, shade, ink, css, legend, saver } = window.OB;
let active = null; // tensor that holds the roving tabindex
let painted = null; // what the cells show, as text
function select(root, tensor) {
  for (const cell of root.querySelectorAll(".ob-cell[tabindex]")) {
    cell.setAttribute("aria-selected", String(cell.tensor === tensor));
  }
}
// A line a tensor: where it is, what it is called, what its colour stands for.
function figures(v) {
  const line = (layer, module, c) => (c ? [[layer, module, c.tensor, c.value ?? (c.v === null ? null : c.v * v.top)]] : []);
  return [v.columns, [...v.rows.flatMap((r) => r.cells.flatMap((c, j) => line(r.label, v.cols[j], c))),
    ...(v.extra || []).flatMap((c) => line("", c.label, c))]];
}
mount({ element, props, watch }, "ob-grid", (root, v) => {
  if (blank(root, v)) return;
  const { rev, selected, ...rest } = v;
  const layout = JSON.stringify(rest);
  if (layout === painted && root.querySelector(".ob-grid-scroll")) return select(root, selected);
  painted = layout;
  const old = root.querySelector(".ob-grid-scroll");
  const scroll = old ? [old.scrollTop, old.scrollLeft] : [0, 0];
  const hadFocus = root.contains(document.activeElement);
  const readout = el("p", { class: "ob-readout", "aria-hidden": "true" }, "\u00a0");
  const lines = []; // rows of cells, for the arrow keys

  const makeCell = (c, name, span) => {
    if (!c) return el("div", { class: "ob-cell ob-none", role: "gridcell" });
    const rgb = c.v === null ? null : shade(c.v, v.diverging);
    const cell = el("div", {
      class: `ob-cell${rgb ? "" : " ob-none"}`, role: "gridcell", tabindex: "-1",
      "aria-label": `${name}: ${c.text}`, "aria-selected": c.tensor === v.selected ? "true" : "false",
      "aria-colspan": span > 1 ? span : null,
      style: (rgb ? `background:${css(rgb)};color:${ink(rgb)};` : "") + (span > 1 ? "grid-column:2/-1" : ""),
    }, el("span", {}, c.text));
    cell.tensor = c.tensor;
    const say = () => { readout.textContent = `${name}: ${c.text}`; };
    cell.addEventListener("pointerenter", say);
    cell.addEventListener("focus", () => { say(); rove(cell); });
    cell.addEventListener("click", () => { cell.focus(); select(root, c.tensor); trigger("pick", { tensor: c.tensor }); });
    return cell;
  };
  const row = (label, cells, extra) => {
    lines.push(cells.map((c) => (c.tensor ? c : null)));
    return el("div", { role: "row", class: extra ? "ob-extra" : null },
      el("div", { role: "rowheader", class: "ob-rowhead" }, label), cells);
  };
  const head = el("div", { role: "row", class: "ob-head" },
    el("div", { role: "columnheader", class: "ob-rowhead" }, v.corner),
    v.cols.map((c) => el("div", { role: "columnheader" }, el("span", {}, c))));
  const body = v.rows.map((r) => row(r.label,
    r.cells.map((c, j) => makeCell(c, `${v.corner} ${r.label}, ${v.cols[j]}`, 1)), false));
  const extra = (v.extra || []).map((c) => row(c.label, [makeCell(c, c.label, v.cols.length)], true));
  const grid = el("div", {
    role: "grid", "aria-label": v.label, class: "ob-grid-cells", style: `--ob-cols:${v.cols.length}`,
  }, head, body, extra);

  function rove(cell) {
    grid.querySelector('[tabindex="0"]')?.setAttribute("tabindex", "-1");
    cell.setAttribute("tabindex", "0");
    active = cell.tensor;
  }
  const all = lines.flat().filter(Boolean);
  const find = (tensor) => all.find((c) => c.tensor === tensor);
  const start = find(active) || find(v.selected) || all[0];
  grid.addEventListener("keydown", (event) => {
    const i = lines.findIndex((line) => line.includes(event.target));
    if (i < 0) return;
    const j = lines[i].indexOf(event.target);
    const moves = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
    let next = null;
    if (event.key === "Enter" || event.key === " ") trigger("pick", { tensor: event.target.tensor });
    else if (event.key === "Home") next = lines[i].find(Boolean);
    else if (event.key === "End") next = lines[i].findLast(Boolean);
    else if (moves[event.key]) {
      const [di, dj] = moves[event.key];
      for (let a = i + di, b = j + dj; lines[a] && !next; a += di, b += dj) {
        next = lines[a][di ? Math.min(j, lines[a].length - 1) : b];
        if (dj && (b < 0 || b >= lines[a].length)) break;
      }
    } else return;
    event.preventDefault();
    next?.focus();
  });

  const box = el("div", { class: "ob-grid-scroll" }, grid);
  put(root, el("p", { class: "ob-hint" }, v.hint || ""), box, readout, legend(v.legend), saver(root, v, { table: () => figures(v) }));
  [box.scrollTop, box.scrollLeft] = scroll;
  if (start) {
    rove(start);
    if (hadFocus) start.focus({ preventScroll: true });
  }
});
