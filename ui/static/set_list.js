// Saved evaluation sets, each with a button that asks first.
const { el, mount, put, blank } = window.OB;
mount({ element, props, watch }, "ob-sets", (root, v) => {
  if (blank(root, v)) return;
  const held = document.activeElement?.closest?.("[data-set]")?.getAttribute("data-set");
  const line = (s) => el("li", { "data-set": s.id },
    el("div", {}, el("b", {}, s.name), el("small", {}, s.note), s.columns ? el("small", {}, s.columns) : null,
      s.warning ? el("small", { class: "ob-bad" }, s.warning) : null),
    el("button", {
      type: "button", class: s.armed ? "ob-button ob-armed" : "ob-button", disabled: v.busy,
      "aria-label": `${s.remove}: ${s.name}`, onclick: () => trigger("remove", { id: s.id }),
    }, s.remove));
  put(root, el("ul", { "aria-label": v.label }, v.sets.map(line)));
  if (held) [...root.querySelectorAll("[data-set]")].find((n) => n.dataset.set === held)?.querySelector("button").focus();
});
