// Sentences as text nodes; a warning carries a sign as well as a colour.
const { el, mount, put } = window.OB;
mount({ element, props, watch }, "ob-note-box", (root, value) => {
  const tag = value.tone === "title" ? "h2" : "p";
  put(root, ...value.lines.map((line) => el(tag, { class: `ob-tone-${value.tone}` },
    value.tone === "warn" ? el("span", { class: "ob-sign", "aria-hidden": "true" }, "⚠") : null, line)));
});
