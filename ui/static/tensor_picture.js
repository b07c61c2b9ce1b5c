// Tensor picture: blocks of weights on a canvas, coloured by category; the smaller its share, the nearer the ground.
const { el, mount, put, blank, tip, cividis, legend, number, percent, swatch, twin, saver } = window.OB;
const SIDE = 640; // pixels of the canvas along its longer side
const LEAST = 8; // rows and columns of the closest window
let asked = null; // the window that was asked for last
let mark = null; // the block that is read out: [row, column]
let shown = null; // the value on the page, unpacked

const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer;
const whole = { 1: Uint8Array, 2: Uint16Array, 4: Uint32Array, 8: BigUint64Array };
function unpack(v) {
  const counts = new whole[v.bytes](bytes(v.counts));
  const at = (i, j, c) => Number(counts[(i * v.cols + j) * v.kinds + c]);
  const size = (i, j) => (v.row_edges[i + 1] - v.row_edges[i]) * (v.col_edges[j + 1] - v.col_edges[j]);
  const values = v.values && {
    delta: new Float32Array(bytes(v.values.delta)), saliency: new Float32Array(bytes(v.values.saliency)),
    codes: new whole[v.values.code_bytes](bytes(v.values.codes)),
  };
  return { v, at, size, values };
}

// What colours a block, and with what share of its weights.
function top({ v, at, size }, i, j) {
  if (v.turns) return { kind: at(i, j, 0), share: at(i, j, 2) / size(i, j) };
  let kind = 0;
  for (let c = 1; c < v.kinds; c++) if (at(i, j, c) > (kind ? at(i, j, kind) : 0)) kind = c;
  return { kind, share: kind ? at(i, j, kind) / size(i, j) : 0 };
}

function colours(root, v) {
  const style = getComputedStyle(root), pen = el("canvas", { width: 1, height: 1 }).getContext("2d", { willReadFrequently: true });
  const read = (name) => {
    pen.fillStyle = style.getPropertyValue(name);
    pen.fillRect(0, 0, 1, 1);
    return [...pen.getImageData(0, 0, 1, 1).data.slice(0, 3)];
  };
  const strong = read("--ob-text"), ground = read("--ob-none");
  const of = (ink) => (ink === "none" ? ground : ink === "both" || ink === "fight" ? strong : read(`--ob-c${ink % 8}`));
  const inks = v.categories.map((c) => of(c.ink));
  const turn = (t) => (t ? cividis((t - 1) / Math.max(v.turns - 1, 1)) : ground);
  return { ground, ink: (kind) => (v.turns ? turn(kind) : inks[kind]), checked: (kind) => !v.turns && v.categories[kind].ink === "fight", donor: (k) => read(`--ob-c${k % 8}`) };
}
const mix = (from, to, share) => from.map((c, i) => Math.round(c + (to[i] - c) * share));

function paintBlocks(canvas, now, paint) {
  const { v } = now, scale = Math.max(4, Math.floor(SIDE / Math.max(v.rows, v.cols)));
  Object.assign(canvas, { width: v.cols * scale, height: v.rows * scale });
  const image = new ImageData(canvas.width, canvas.height), pixels = new Uint32Array(image.data.buffer);
  const word = ([r, g, b]) => (255 << 24) | (b << 16) | (g << 8) | r;
  const check = Math.max(1, scale >> 2);
  for (let i = 0; i < v.rows; i++) {
    for (let j = 0; j < v.cols; j++) {
      const { kind, share } = top(now, i, j);
      const full = mix(paint.ground, paint.ink(kind), kind ? 0.2 + 0.8 * share : 0);
      const [a, b] = [word(full), word(kind && paint.checked(kind) ? paint.ground : full)];
      for (let y = 0; y < scale; y++) {
        const line = (i * scale + y) * canvas.width + j * scale;
        for (let x = 0; x < scale; x++) pixels[line + x] = ((x / check) ^ (y / check)) & 1 ? b : a;
      }
    }
  }
  canvas.getContext("2d").putImageData(image, 0, 0);
}

// The shares of a row or column of blocks: [name, share, colour], donors or categories.
function shares(now, paint, side, i) {
  const { v, at, size } = now, across = side ? v.rows : v.cols;
  const edges = side ? v.col_edges : v.row_edges, other = side ? v.row_edges : v.col_edges;
  const all = (edges[i + 1] - edges[i]) * (other.at(-1) - other[0]);
  if (v.turns) return v.donors.map((name, k) => [name, v.members[side][i][k] / all, paint?.donor(k)]);
  return v.categories.slice(1).map(({ name }, c) => {
    let sum = 0;
    for (let j = 0; j < across; j++) sum += side ? at(j, i, c + 1) : at(i, j, c + 1);
    return [name, sum / all, paint?.ink(c + 1), paint?.checked(c + 1)];
  });
}
const longest = (now) => Math.max(0.001, ...[0, 1].flatMap((side) => Array.from({ length: side ? now.v.cols : now.v.rows },
  (_, i) => shares(now, null, side, i).reduce((sum, [, share]) => sum + share, 0))));
function paintBars(canvas, now, paint, side) {
  const { v, most } = now, n = side ? v.cols : v.rows, step = Math.max(2, Math.floor(SIDE / n)), deep = 96;
  Object.assign(canvas, side ? { width: n * step, height: deep } : { width: deep, height: n * step });
  const pen = canvas.getContext("2d");
  for (let i = 0; i < n; i++) {
    let from = 0;
    for (const [, share, colour, checked] of shares(now, paint, side, i)) {
      const long = (share / most) * deep;
      for (let piece = 0; piece < (checked ? long : 1); piece += 4) {
        const [a, b] = checked ? [from + piece, Math.min(2, long - piece)] : [from, long];
        pen.fillStyle = `rgb(${colour.join(",")})`;
        if (side) pen.fillRect(i * step, a, step, b);
        else pen.fillRect(a, i * step, b, step);
      }
      from += long;
    }
  }
}

const span = (one, many, first, last) => (last - first > 1 ? `${many} ${first}–${last - 1}` : `${one} ${first}`);
function place({ v }, i, j) {
  const w = v.words;
  return `${span(w.row, w.rows, v.row_edges[i], v.row_edges[i + 1])}, ${span(w.column, w.columns, v.col_edges[j], v.col_edges[j + 1])}`;
}
function sentence(now, i, j) {
  const { v, at, size, values } = now, n = size(i, j), lines = [place(now, i, j)];
  if (v.turns) {
    const [turn, many, claimed] = [0, 1, 2].map((c) => at(i, j, c));
    if (n === 1) lines.push(v.turn_names[turn]);
    else lines.push(`${v.words.claimed}: ${claimed}/${n}`, ...(turn ? [`${v.words.most}: ${v.turn_names[turn]}, ${many}/${n}`] : []));
  } else if (n === 1) {
    lines.push(v.categories[v.categories.findIndex((_, c) => at(i, j, c))].name);
  } else {
    lines.push(`${n} ${v.words.weights}`);
    v.categories.forEach((c, k) => { if (at(i, j, k)) lines.push(`${c.name}: ${at(i, j, k)}`); });
  }
  if (values) {
    const pixel = i * v.cols + j;
    v.donors.forEach((name, k) => {
      const p = k * v.rows * v.cols + pixel, wants = (values.codes[pixel] >> k) & 1 ? `, ${v.words.wants}` : "";
      lines.push(`${name}: ${v.words.delta} ${number(values.delta[p])}, ${v.words.saliency} ${number(values.saliency[p])}${wants}`);
    });
  }
  return lines.join("\n");
}

const clamp = (x, low, high) => Math.min(Math.max(x, low), high);
function around(v, row, column, factor) {
  const [top_, bottom, left, right] = asked, [height, width] = v.shape;
  const side = (long, all) => clamp(Math.round(long * factor), Math.min(LEAST, all), all);
  const [h, w] = [side(bottom - top_, height), side(right - left, width)];
  const t = clamp(Math.round(row - h / 2), 0, height - h), l = clamp(Math.round(column - w / 2), 0, width - w);
  return [t, t + h, l, l + w];
}
function pan(v, down, across) {
  const [t, b, l, r] = asked, [h, w] = [b - t, r - l];
  const top_ = clamp(t + Math.round((down * h) / 2), 0, v.shape[0] - h), left = clamp(l + Math.round((across * w) / 2), 0, v.shape[1] - w);
  return [top_, top_ + h, left, left + w];
}

mount({ element, props, watch }, "ob-picture", (root, v) => {
  if (blank(root, v)) { shown = null; return; }
  const focus = root.contains(document.activeElement) && document.activeElement.dataset.act;
  const now = unpack(v), w = v.window;
  now.most = longest(now);
  if (!shown || shown.v.label !== v.label || String(shown.v.window) !== String(w)) mark = null;
  [shown, asked] = [now, [...w]];
  const canvas = el("canvas", { role: "application", tabindex: "0", "aria-label": v.label, "data-act": "canvas", class: "ob-blocks", style: v.rows < 8 ? "height:48px" : `aspect-ratio:${clamp(v.cols / v.rows, 0.9, 4)}` });
  const right = el("canvas", { class: "ob-side-right", "aria-hidden": "true" }), below = el("canvas", { class: "ob-side-below", "aria-hidden": "true" });
  const said = el("span", { class: "ob-sr", "aria-live": "polite" }), waiting = el("span", { class: "ob-waiting", role: "status" }, v.busy);
  const frame = el("div", { class: "ob-choice", hidden: true }), spot = el("div", { class: "ob-spot", hidden: true });

  function go(window_) {
    if (String(window_) === String(asked)) return;
    asked = window_;
    waiting.textContent = v.words.busy;
    trigger("zoom", { window: window_ });
  }
  const middle = () => [(asked[0] + asked[1]) / 2, (asked[2] + asked[3]) / 2];
  const acts = {
    in: () => go(around(v, ...middle(), 0.5)), out: () => go(around(v, ...middle(), 2)),
    whole: () => go([0, v.shape[0], 0, v.shape[1]]),
    up: () => go(pan(v, -1, 0)), down: () => go(pan(v, 1, 0)), left: () => go(pan(v, 0, -1)), right: () => go(pan(v, 0, 1)),
  };
  const can = {
    in: Math.min(LEAST, v.shape[0]) < w[1] - w[0] || Math.min(LEAST, v.shape[1]) < w[3] - w[2],
    out: w[1] - w[0] < v.shape[0] || w[3] - w[2] < v.shape[1],
    up: w[0] > 0, down: w[1] < v.shape[0], left: w[2] > 0, right: w[3] < v.shape[1],
  };
  can.whole = can.out;
  const signs = { in: "+", out: "−", up: "↑", down: "↓", left: "←", right: "→" };
  const buttons = Object.entries(v.acts).map(([act, name]) => el("button", { type: "button", class: "ob-button", "data-act": act, disabled: !can[act],
    "aria-label": name, title: name, onclick: acts[act] }, signs[act] || name));

  const list = v.turns ? v.donors.map((name, k) => el("li", {}, swatch(k), name))
    : v.categories.map((c) => el("li", {}, typeof c.ink === "number" ? swatch(c.ink) : el("i", { class: `ob-swatch ob-${c.ink}`, "aria-hidden": "true" }), `${c.name} ${c.text}`));
  const table = (side, summary) => {
    const edges = side ? v.col_edges : v.row_edges, words = side ? [v.words.column, v.words.columns] : [v.words.row, v.words.rows];
    const n = edges.length - 1, other = side ? w[1] - w[0] : w[3] - w[2];
    return twin(summary, ["", v.words.weights, ...v.donors, ...v.categories.slice(1 + v.donors.length).map((c) => c.name)], Array.from({ length: n }, (_, i) => [
      span(...words, edges[i], edges[i + 1]), ((edges[i + 1] - edges[i]) * other).toLocaleString("en"), ...v.members[side][i].map((x) => x.toLocaleString("en")),
      ...(v.turns ? [] : shares(now, null, side, i).slice(v.donors.length).map(([, share]) => percent(share)))]));
  };
  const lines = () => [[...v.columns, ...(v.turns ? [v.words.most, v.words.weights, v.words.claimed] : v.categories.map((c) => c.name))],
    Array.from({ length: v.rows * v.cols }, (_, p) => {
      const i = Math.floor(p / v.cols), j = p % v.cols;
      return [v.row_edges[i], v.row_edges[i + 1] - 1, v.col_edges[j], v.col_edges[j + 1] - 1, now.size(i, j), ...Array.from({ length: v.kinds }, (_c, c) => now.at(i, j, c))];
    })];
  put(root,
    el("h3", { class: "ob-title" }, v.title, el("small", {}, v.note)),
    el("div", { class: "ob-acts", role: "group", "aria-label": v.label }, buttons, waiting),
    el("ul", { class: "ob-legend" }, list),
    el("div", { class: "ob-picture-frame" }, el("div", { class: "ob-stage" }, canvas, frame, spot), right, below),
    legend(v.legend), el("p", { class: "ob-hint" }, v.hint), el("p", { class: "ob-caption" }, `${v.caption} ${v.words.longest} ${percent(now.most)}.`),
    table(0, v.table_rows), table(1, v.table_columns), saver(root, v, { table: lines }), said);
  const draw = () => {
    const paint = colours(root, v);
    paintBlocks(canvas, now, paint);
    paintBars(right, now, paint, 0);
    paintBars(below, now, paint, 1);
  };
  draw();
  root.redraw = draw;
  const bubble = tip(root);

  const cell = (event) => {
    const r = canvas.getBoundingClientRect();
    return [clamp(Math.floor(((event.clientY - r.top) / r.height) * v.rows), 0, v.rows - 1), clamp(Math.floor(((event.clientX - r.left) / r.width) * v.cols), 0, v.cols - 1)];
  };
  const cover = (node, [i, j], [i2, j2]) => {
    node.hidden = false;
    Object.assign(node.style, { left: `${(100 * j) / v.cols}%`, top: `${(100 * i) / v.rows}%`, width: `${(100 * (j2 - j + 1)) / v.cols}%`, height: `${(100 * (i2 - i + 1)) / v.rows}%` });
  };
  const corners = (a, b) => [[Math.min(a[0], b[0]), Math.min(a[1], b[1])], [Math.max(a[0], b[0]), Math.max(a[1], b[1])]];
  let start = null;
  canvas.addEventListener("pointerdown", (event) => { start = cell(event); canvas.setPointerCapture(event.pointerId); });
  canvas.addEventListener("pointermove", (event) => {
    const at = cell(event);
    if (start && String(start) !== String(at)) cover(frame, ...corners(start, at));
    bubble.show(sentence(now, ...at), event.clientX, event.clientY);
  });
  canvas.addEventListener("pointerup", (event) => {
    if (!start) return;
    const [a, b] = corners(start, cell(event)), one = String(a) === String(b);
    [start, frame.hidden] = [null, true];
    const least = (first, last, all) => {
      const low = clamp(Math.round((first + last - LEAST) / 2), 0, Math.max(all - LEAST, 0));
      return last - first < Math.min(LEAST, all) ? [low, Math.min(low + LEAST, all)] : [first, last];
    };
    if (one) go(around(v, (v.row_edges[a[0]] + v.row_edges[a[0] + 1]) / 2, (v.col_edges[a[1]] + v.col_edges[a[1] + 1]) / 2, 0.25));
    else go([...least(v.row_edges[a[0]], v.row_edges[b[0] + 1], v.shape[0]), ...least(v.col_edges[a[1]], v.col_edges[b[1] + 1], v.shape[1])]);
  });
  canvas.addEventListener("pointercancel", () => { [start, frame.hidden] = [null, true]; });
  canvas.addEventListener("pointerleave", () => bubble.hide());
  canvas.addEventListener("blur", () => bubble.hide());
  const side = (node, which) => {
    node.addEventListener("pointermove", (event) => {
      const r = node.getBoundingClientRect(), n = which ? v.cols : v.rows;
      const i = clamp(Math.floor((which ? (event.clientX - r.left) / r.width : (event.clientY - r.top) / r.height) * n), 0, n - 1);
      const edges = which ? v.col_edges : v.row_edges, words = which ? [v.words.column, v.words.columns] : [v.words.row, v.words.rows];
      bubble.show([span(...words, edges[i], edges[i + 1]), ...shares(now, null, which, i).map(([name, share]) => `${name}: ${percent(share)}`)].join("\n"), event.clientX, event.clientY);
    });
    node.addEventListener("pointerleave", () => bubble.hide());
  };
  side(right, 0);
  side(below, 1);

  function point(i, j) {
    mark = [clamp(i, 0, v.rows - 1), clamp(j, 0, v.cols - 1)];
    cover(spot, mark, mark);
    said.textContent = sentence(now, ...mark).replaceAll("\n", ". ");
    bubble.over(sentence(now, ...mark), spot);
  }
  const arrows = { ArrowUp: ["up", -1, 0], ArrowDown: ["down", 1, 0], ArrowLeft: ["left", 0, -1], ArrowRight: ["right", 0, 1] };
  canvas.addEventListener("keydown", (event) => {
    const arrow = arrows[event.key], [i, j] = mark || [v.rows >> 1, v.cols >> 1];
    if (arrow && event.shiftKey) point(i + (mark ? arrow[1] : 0), j + (mark ? arrow[2] : 0));
    else if (arrow && can[arrow[0]]) acts[arrow[0]]();
    else if (event.key === "+" || event.key === "=") acts.in();
    else if (event.key === "-") acts.out();
    else if (event.key === "Home" || event.key === "0") acts.whole();
    else if (event.key === "Enter") go(around(v, v.row_edges[i], v.col_edges[j], 0.25));
    else return;
    event.preventDefault();
  });
  if (focus) (root.querySelector(`[data-act="${focus}"]:not(:disabled)`) || canvas).focus({ preventScroll: true });
});
// the page's colours change with the theme: paint anew
new MutationObserver(() => element.querySelector(".ob-picture")?.redraw?.()).observe(document.body, { attributes: true, attributeFilter: ["class"] });
