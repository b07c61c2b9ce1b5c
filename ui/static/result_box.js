// Result box: what an export wrote and how to use it.
const { el, mount, put, blank, copyButton, saver } = window.OB;
mount({ element, props, watch }, "ob-result", (root, v) => {
  if (blank(root, v)) return;
  const code = el("code", {}, v.snippet);
  const path = el("code", {}, v.path);
  put(root, el("section", { class: "ob-card" },
    el("h3", {}, el("span", { class: "ob-sign", "aria-hidden": "true" }, "✓"), v.title),
    el("p", { class: "ob-label" }, v.path_label),
    el("div", { class: "ob-path" }, el("p", {}, path), copyButton(path, v)),
    el("p", { class: "ob-label" }, v.checks_label),
    el("ul", { class: "ob-checks" }, v.checks.map((c) => el("li", { class: c.ok ? "ob-good" : "ob-bad" },
      el("span", { class: "ob-sign", "aria-hidden": "true" }, c.ok ? "✓" : "✕"),
      el("span", {}, el("span", { class: "ob-sr" }, `${c.ok ? v.ok : v.wrong}: `), c.text)))),
    el("div", { class: "ob-code" },
      el("header", {}, el("span", { class: "ob-label" }, v.snippet_label), copyButton(code, v)),
      el("pre", { tabindex: "0", role: "region", "aria-label": v.snippet_label }, code)),
    el("table", {}, el("thead", {}, el("tr", {}, el("th", { scope: "col" }, v.files_label), el("th", { scope: "col" }, v.size_label))),
      el("tbody", {}, v.files.map(([name, size]) => el("tr", {}, el("td", {}, name), el("td", {}, size))))),
    saver(root, v, { picture: false, table: () => root.querySelector("table") })));
});
