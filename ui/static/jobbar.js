// Job bar: one line, gone where there is nothing to say. Nodes are kept, so that the bar glides
// and the live region speaks only on a change.
const { el, mount } = window.OB;
const SIGN = { running: "●", done: "✓", failed: "✕", interrupted: "‖" };
let parts = null;
const put = (node, text) => { if (node.textContent !== text) node.textContent = text; };
mount({ element, props, watch }, "ob-job", (root, v) => {
  if (!parts) {
    parts = {
      sign: el("span", { class: "ob-sign", "aria-hidden": "true" }), text: el("b", { role: "status" }),
      number: el("span", { class: "ob-number" }), left: el("span", { class: "ob-left" }),
      fill: el("i", {}), detail: el("span", { class: "ob-detail" }),
    };
    parts.bar = el("div", { class: "ob-track", role: "progressbar", "aria-valuemin": 0, "aria-valuemax": 100 }, parts.fill);
    root.append(el("div", { class: "ob-job-line" }, parts.sign, parts.text, parts.detail, parts.number, parts.left), parts.bar);
  }
  const known = typeof v.percent === "number";
  const share = Math.min(Math.max(known ? v.percent : 0, 0), 100);
  put(parts.sign, SIGN[v.state] || "");
  put(parts.text, v.text || "");
  put(parts.number, known ? `${Math.floor(share)} %` : "");
  put(parts.left, v.left || "");
  put(parts.detail, v.detail || "");
  parts.fill.style.width = known ? `${share}%` : "";
  parts.bar.setAttribute("aria-label", v.label || v.text || "");
  if (known) parts.bar.setAttribute("aria-valuenow", String(Math.round(share)));
  else parts.bar.removeAttribute("aria-valuenow");
  root.classList.toggle("ob-unknown", !known && v.state === "running");
});
