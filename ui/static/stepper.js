// Stepper: numbered steps in a <nav>.
const { el, mount, put } = window.OB;
let shown = null; // the screen that was painted last
mount({ element, props, watch }, "ob-stepper", (root, v) => {
  const focused = root.contains(document.activeElement)
    ? document.activeElement.getAttribute("data-step") : null;
  const items = v.steps.map((s, i) => {
    const now = i === v.current;
    const button = el("button", {
      type: "button", "data-step": i, title: s.hint || null,
      "aria-current": now ? "step" : null,
      "aria-disabled": s.state === "locked" ? "true" : null,
      onclick: () => { if (s.state !== "locked" && !now) trigger("go", { step: i }); },
    },
    el("span", { class: "ob-dot", "aria-hidden": "true" }, s.state === "done" && !now ? "✓" : i + 1),
    el("span", { class: "ob-step-title" }, s.title,
      el("span", { class: "ob-sr" }, ` (${s.state_text || s.state})`)),
    el("span", { class: "ob-note" }, s.note || "\u00a0"));
    return el("li", { class: `ob-is-${s.state}${now ? " ob-now" : ""}` }, button);
  });
  if (shown !== null && shown !== v.current) window.scrollTo(0, 0); // a new screen begins at its top
  shown = v.current;
  put(root, el("nav", { "aria-label": v.label }, el("ol", {}, items)));
  if (focused !== null) root.querySelector(`[data-step="${focused}"]`)?.focus();
});
