// Recipe: YAML to read and copy.
const { el, mount, put, blank, copyButton } = window.OB;
mount({ element, props, watch }, "ob-recipe", (root, v) => {
  if (blank(root, v)) return;
  const code = el("code", {}, v.text);
  put(root, el("div", { class: "ob-code" },
    el("header", {}, el("span", { class: "ob-label" }, v.note || ""), copyButton(code, v)),
    el("pre", { tabindex: "0", role: "region", "aria-label": v.title }, code)));
});
