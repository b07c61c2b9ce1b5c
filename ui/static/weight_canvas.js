// Weight canvas: bytes -> pixels through a 256-entry colour table.
const { el, mount, put, blank, tip, cividis, legend, number, saver } = window.OB;
const LUT = new Uint32Array(256);
for (let i = 0; i < 256; i++) {
  const [r, g, b] = cividis(i / 255);
  LUT[i] = (255 << 24) | (b << 16) | (g << 8) | r;
}
const decode = {
  linear: (u, lo, hi) => lo + (hi - lo) * u,
  sqrt: (u, lo, hi) => lo + (hi - lo) * u * u,
  log: (u, lo, hi) => lo * (hi / lo) ** u,
};
mount({ element, props, watch }, "ob-canvas", (root, v) => {
  if (blank(root, v)) return;
  const bytes = Uint8Array.from(atob(v.data), (c) => c.charCodeAt(0));
  const canvas = el("canvas", {
    width: v.cols, height: v.rows, role: "img", "aria-label": v.label,
    style: `aspect-ratio:${v.cols}/${v.rows};max-width:${Math.round((460 * v.cols) / v.rows)}px`,
  });
  const image = new ImageData(v.cols, v.rows);
  const pixels = new Uint32Array(image.data.buffer);
  for (let i = 0; i < pixels.length; i++) pixels[i] = LUT[bytes[i]];
  canvas.getContext("2d").putImageData(image, 0, 0);
  put(root,
    el("h3", { class: "ob-title" }, v.title || "", v.note ? el("small", {}, v.note) : null),
    canvas, legend(v.legend), v.caption ? el("p", { class: "ob-caption" }, v.caption) : null,
    saver(root, v));
  const bubble = tip(root);
  canvas.addEventListener("pointermove", (event) => {
    const r = canvas.getBoundingClientRect();
    const x = Math.min(Math.max(Math.floor(((event.clientX - r.left) / r.width) * v.cols), 0), v.cols - 1);
    const y = Math.min(Math.max(Math.floor(((event.clientY - r.top) / r.height) * v.rows), 0), v.rows - 1);
    const value = (decode[v.curve] || decode.linear)(bytes[y * v.cols + x] / 255, v.lo, v.hi);
    bubble.show(`${v.row_text} ${Math.floor(y * (v.row_step || 1))}, ${v.col_text} `
      + `${Math.floor(x * (v.col_step || 1))} · ${v.value_text} ${number(value)}`, event.clientX, event.clientY);
  });
  canvas.addEventListener("pointerleave", () => bubble.hide());
});
