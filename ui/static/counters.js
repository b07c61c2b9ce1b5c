// Counters: big numbers in a row.
const { el, mount, put, swatch } = window.OB;
mount({ element, props, watch }, "ob-counters", (root, v) => {
  put(root, el("dl", { "aria-label": v.label }, v.items.map((item) =>
    el("div", { title: item.tip || null },
      el("dt", {}, typeof item.slot === "number" ? swatch(item.slot) : null, item.label),
      el("dd", {}, item.value)))));
});
