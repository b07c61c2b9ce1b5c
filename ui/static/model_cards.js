// Model cards: what each model is and whether it fits.
const { el, mount, put, blank, swatch, saver } = window.OB;
mount({ element, props, watch }, "ob-cards", (root, v) => {
  if (blank(root, v)) return;
  const cards = v.cards.map((c) => {
    const sign = c.fits === true ? "✓" : c.fits === false ? "✕" : null;
    const tone = c.fits === true ? "ob-good" : c.fits === false ? "ob-bad" : "";
    return el("li", { class: `ob-card ${tone}` },
      el("p", { class: "ob-role" }, swatch(c.slot), c.role),
      el("h3", {}, c.name),
      c.about ? el("p", { class: "ob-about" }, c.about) : null,
      c.example ? el("p", { class: "ob-example" }, `${c.example_text}: ${c.example[0]} `,
        el("b", {}, `→ ${c.example[1]}`)) : null,
      el("dl", {}, c.facts.map(([label, value]) => el("div", {}, el("dt", {}, label), el("dd", {}, value)))),
      c.share ? el("div", { class: "ob-share" },
        el("span", {}, c.share.label), el("b", {}, c.share.text),
        el("span", { class: "ob-track", "aria-hidden": "true" },
          el("i", { style: `width:${Math.min(Math.max(100 * c.share.value, 0), 100)}%` }))) : null,
      el("p", { class: "ob-reason" },
        sign ? el("b", { class: "ob-sign", "aria-hidden": "true" }, sign) : null,
        el("span", {}, c.fits_text ? el("span", { class: "ob-sr" }, `${c.fits_text}: `) : null, c.reason)));
  });
  const rows = () => v.cards.map((c) => [c.role, c.name, ...c.facts.map((f) => f[1]), c.share?.value, c.fits_text, c.reason]);
  put(root, el("ul", { "aria-label": v.label }, cards), saver(root, v, { picture: false, table: () => [v.columns, rows()] }));
});
