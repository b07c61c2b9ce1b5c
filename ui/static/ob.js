// Helpers shared by the widgets. All text becomes text nodes; nothing is parsed as markup.
window.OB = window.OB || {};
Object.assign(window.OB, (() => {
  const SVG_NS = "http://www.w3.org/2000/svg";

  function fill(node, attrs, kids) {
    for (const [key, val] of Object.entries(attrs || {})) {
      if (val === null || val === undefined || val === false) continue;
      if (key.startsWith("on")) node.addEventListener(key.slice(2), val);
      else node.setAttribute(key, val === true ? "" : String(val));
    }
    for (const kid of kids.flat(Infinity)) {
      if (kid === null || kid === undefined || kid === "") continue;
      node.appendChild(kid instanceof Node ? kid : document.createTextNode(String(kid)));
    }
    return node;
  }
  const el = (tag, attrs, ...kids) => fill(document.createElement(tag), attrs, kids);
  const svg = (tag, attrs, ...kids) => fill(document.createElementNS(SVG_NS, tag), attrs, kids);

  // Replace what is inside `root`, leaving out what is absent.
  const put = (root, ...kids) => root.replaceChildren(...kids.flat().filter((kid) => kid instanceof Node));

  // Paint `props.value` into one lasting root; `data-rev` tells that the paint is finished.
  function mount({ element, props, watch }, cls, paint, { resize = false } = {}) {
    const root = el("div", { class: `ob-root ${cls}` });
    let width = -1, stale = false; // stale: painted while hidden, so without a width
    const draw = () => {
      stale = !root.clientWidth;
      if (root.parentNode !== element) element.appendChild(root);
      if (!props.value) return; // nothing sent yet
      const value = JSON.parse(props.value);
      paint(root, value);
      root.setAttribute("data-state", value.state || "ready");
      root.setAttribute("data-rev", String(value.rev));
    };
    const measure = () => {
      const changed = root.clientWidth && (stale || root.clientWidth !== width);
      if (changed) width = root.clientWidth;
      root.classList.toggle("ob-narrow", width >= 0 && width < 560);
      return changed;
    };
    watch("value", draw);
    draw();
    measure();
    new ResizeObserver(() => { if (measure() && resize) draw(); }).observe(root);
    return root;
  }

  // Shows the sentence of an empty or loading widget; true when there is nothing else to paint.
  function blank(root, value) {
    if (!value.state || value.state === "ready") return false;
    const busy = value.state === "loading" || value.state === "running";
    root.replaceChildren(el("div", { class: "ob-blank", "aria-busy": busy ? "true" : null },
      busy ? el("span", { class: "ob-spin", "aria-hidden": "true" }) : null,
      el("p", { class: value.state === "failed" ? "ob-bad" : null }, value.message || "")));
    return true;
  }

  // A tooltip inside `root` that follows the pointer or a focused node.
  function tip(root) {
    const box = el("div", { class: "ob-tip", "aria-hidden": "true" });
    root.appendChild(box);
    return {
      show(text, x, y) {
        box.textContent = text;
        box.classList.add("ob-on");
        const frame = root.getBoundingClientRect();
        const half = box.offsetWidth / 2;
        const left = Math.min(Math.max(x - frame.left, half), Math.max(frame.width - half, half));
        box.style.left = `${left}px`;
        box.style.top = `${y - frame.top - 10}px`;
      },
      over(text, node) {
        const r = node.getBoundingClientRect();
        this.show(text, r.left + r.width / 2, r.top);
      },
      hide() { box.classList.remove("ob-on"); },
    };
  }

  // Of a plot: over each node that has a `data-tip`.
  function tips(root, plot) {
    const bubble = tip(root);
    plot.addEventListener("pointermove", (event) => {
      const text = event.target.getAttribute("data-tip");
      return text ? bubble.over(text, event.target) : bubble.hide();
    });
    plot.addEventListener("pointerleave", () => bubble.hide());
  }

  const CIVIDIS = ["00224e", "123570", "3b496c", "575d6d", "707173", "8a8678", "a59c74",
    "c3b369", "e1cc55", "fee838"].map((h) => [0, 2, 4].map((i) => parseInt(h.slice(i, i + 2), 16)));
  // two hues with a pale middle, for figures that have a neutral value; safe for the colour-blind
  const TWO_HUES = ["1f5fa8", "5b94cf", "a9c9e8", "f1efea", "f3c08a", "dd8433", "a8520a"]
    .map((h) => [0, 2, 4].map((i) => parseInt(h.slice(i, i + 2), 16)));
  function between(stops, v) {
    const at = Math.min(Math.max(v, 0), 1) * (stops.length - 1);
    const low = Math.min(Math.floor(at), stops.length - 2);
    return stops[low].map((c, i) => Math.round(c + (stops[low + 1][i] - c) * (at - low)));
  }
  const cividis = (v) => between(CIVIDIS, v);
  const shade = (v, diverging) => between(diverging ? TWO_HUES : CIVIDIS, v);
  // Black or white, whichever can be read on this colour (WCAG relative luminance).
  function ink(rgb) {
    const lin = rgb.map((c) => {
      const s = c / 255;
      return s <= 0.04045 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * lin[0] + 0.7152 * lin[1] + 0.0722 * lin[2] > 0.179 ? "#000" : "#fff";
  }
  const css = (rgb) => `rgb(${rgb.join(",")})`;
  const ramp = (stops) => `linear-gradient(90deg, ${stops.map(css).join(",")})`;
  function legend(spec) {
    if (!spec) return null;
    return el("div", { class: "ob-legend-bar" },
      el("p", {}, spec.text || ""),
      el("div", {}, el("span", {}, spec.low),
        el("i", { style: `background:${ramp(spec.diverging ? TWO_HUES : CIVIDIS)}`, "aria-hidden": "true" }),
        el("span", {}, spec.high)));
  }

  function number(x) {
    if (x === 0) return "0";
    const a = Math.abs(x);
    if (a >= 1e5 || a < 1e-3) return x.toExponential(1).replace("e+", "e");
    return String(Number(x.toPrecision(3)));
  }
  const short = (x) => (x >= 1e6 ? `${number(x / 1e6)}M` : x >= 1e3 ? `${number(x / 1e3)}k` : number(x));
  const percent = (x, digits = 1) => `${(100 * x).toFixed(digits)}\u00a0%`;
  function ticks(low, high, count) {
    const raw = (high - low) / Math.max(count, 1) || 1;
    const unit = 10 ** Math.floor(Math.log10(raw));
    const step = [1, 2, 5, 10].map((m) => m * unit).find((s) => s >= raw - 1e-12);
    const out = [];
    for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i++) out.push(i * step);
    return out;
  }

  function copyButton(source, value) {
    const button = el("button", { type: "button", class: "ob-button ob-copy" }, value.copy);
    const said = el("span", { class: "ob-sr", "aria-live": "polite" });
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(source.textContent);
      } catch {
        getSelection().selectAllChildren(source); // no clipboard without a secure context
        document.execCommand("copy");
      }
      button.textContent = value.copied;
      said.textContent = value.copied;
      setTimeout(() => { button.textContent = value.copy; said.textContent = ""; }, 1800);
    });
    return [button, said];
  }

  const swatch = (slot) => el("i", {
    class: slot === null || slot === undefined ? "ob-swatch ob-base" : `ob-swatch ob-slot-${slot % 8}`,
    "aria-hidden": "true",
  });

  // A table twin of a picture, folded away.
  function twin(summary, head, rows) {
    return el("details", { class: "ob-twin" }, el("summary", {}, summary),
      el("div", { class: "ob-scroll", tabindex: "0", role: "region", "aria-label": summary },
        el("table", {}, el("thead", {}, el("tr", {}, head.map((h) => el("th", { scope: "col" }, h)))),
          el("tbody", {}, rows.map((r) => el("tr", {},
            r.map((c, i) => (i ? el("td", {}, c) : el("th", { scope: "row" }, c)))))))));
  }

  // Hand a file to the browser's downloads.
  function save(name, blob) {
    const link = el("a", { href: URL.createObjectURL(blob), download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  }

  // A copy of a drawing that looks the same without the page: styles written out, on its background.
  const LOOKS = ["fill", "fill-opacity", "stroke", "stroke-width", "stroke-dasharray", "stroke-opacity", "opacity", "font-size",
    "font-weight", "font-family", "text-anchor", "dominant-baseline"];
  function still(drawing, ground = true) {
    const copy = drawing.cloneNode(true), from = drawing.querySelectorAll("*");
    copy.querySelectorAll("*").forEach((node, i) => {
      const style = getComputedStyle(from[i]);
      for (const look of LOOKS) node.style.setProperty(look, style.getPropertyValue(look));
      node.removeAttribute("class");
      node.removeAttribute("data-tip");
    });
    if (ground) copy.prepend(svg("rect", { width: "100%", height: "100%", fill: getComputedStyle(document.body).backgroundColor }));
    copy.removeAttribute("class");
    copy.setAttribute("xmlns", SVG_NS);
    return copy;
  }

  return { el, svg, save, still, put, mount, blank, tip, tips, cividis, shade, ink, css, legend, number, short, percent, ticks,
    copyButton, swatch, twin };
})());
