// Saving what a widget shows: its picture as SVG or PNG, its figures as CSV. The browser writes the files.
Object.assign(window.OB, (() => {
  const { el, svg, save, still } = window.OB;
  const LEFT_OUT = ".ob-sr, .ob-tip, .ob-twin, .ob-save, .ob-hint, .ob-readout, button:not([data-at]), input, select, textarea";
  const EDGE = 12; // pixels around a picture
  const HATCHES = ["M-1,6L1,8M0,0L7,7M6,-1L8,1", "M0,3H7", "M-1,1L1,-1M0,7L7,0M6,8L8,6", "M2,3h2", "M3,0V7",
    "M0,7L7,0M0,0L7,7", "", "M2,3h3"]; // a donor slot each, as in app.css
  const pen = document.createElement("canvas").getContext("2d");
  const seen = (colour) => colour && colour !== "transparent" && !/^rgba.*, 0\)$/.test(colour);

  // The lines of a text node, each where the page broke it.
  function lines(node, place, reach) {
    const range = document.createRange(), rows = [];
    for (let i = 0, step; i < node.length; i += step) {
      step = node.data.codePointAt(i) > 0xffff ? 2 : 1;
      range.setStart(node, i);
      range.setEnd(node, i + step);
      const r = range.getClientRects()[0], letter = node.data.slice(i, i + step).replace(/[\n\t]/, " ");
      if (!r || !(r.width || r.height)) continue;
      const row = rows.at(-1);
      if (row && Math.abs(row.top - r.top) < 3) Object.assign(row, { text: row.text + letter, right: r.right });
      else rows.push({ text: letter, left: r.left, top: r.top, right: r.right, height: r.height });
    }
    const style = getComputedStyle(node.parentNode);
    const look = { fill: style.color, "font-family": style.fontFamily, "font-size": style.fontSize, "font-weight": style.fontWeight };
    pen.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
    const { fontBoundingBoxAscent: up, fontBoundingBoxDescent: down } = pen.measureText("x");
    return rows.filter((row) => row.text.trim()).map((row) => {
      const at = place(row), width = row.right - row.left;
      reach(row);
      return svg("text", { ...look, x: at.x, y: at.y + (row.height - up - down) / 2 + up, "xml:space": "preserve",
        textLength: width, lengthAdjust: "spacingAndGlyphs" }, row.text); // other fonts keep to their place
    });
  }

  // Text that runs upwards.
  function upright(node, place, style) {
    const r = node.getBoundingClientRect(), at = place(r);
    return svg("text", { fill: style.color, "font-family": style.fontFamily, "font-size": style.fontSize, "text-anchor": "middle",
      "dominant-baseline": "central", transform: `translate(${at.x + r.width / 2},${at.y + r.height / 2}) rotate(-90)` }, node.textContent);
  }

  function ramp(image, defs) {
    const colours = image.match(/rgba?\([^)]*\)/g), id = `ramp${defs.length}`;
    defs.push(svg("linearGradient", { id },
      colours.map((c, i) => svg("stop", { offset: i / Math.max(colours.length - 1, 1), "stop-color": c }))));
    return `url(#${id})`;
  }

  function hatch(slot, defs) {
    const id = `hatch${slot}`;
    if (!defs.some((d) => d.id === id)) {
      defs.push(svg("pattern", { id, width: 7, height: 7, patternUnits: "userSpaceOnUse" },
        svg("path", { d: HATCHES[slot], stroke: "#fff", "stroke-opacity": 0.45, "stroke-width": 1.5, fill: "none" })));
    }
    return `url(#${id})`;
  }

  // What an element paints itself: its ground, its pattern, its borders.
  function box(node, style, at, defs) {
    const found = [], round = { rx: Math.min(parseFloat(style.borderTopLeftRadius) || 0, at.height / 2) };
    const image = style.backgroundImage, slot = /ob-slot-(\d)/.exec(node.getAttribute("class"))?.[1];
    if (seen(style.backgroundColor)) found.push(svg("rect", { ...at, ...round, fill: style.backgroundColor }));
    if (image.startsWith("linear-gradient(90deg")) found.push(svg("rect", { ...at, ...round, fill: ramp(image, defs) }));
    else if (slot && image !== "none") found.push(svg("rect", { ...at, ...round, fill: hatch(slot, defs) }));
    const sides = { Top: [0, 0, 1, 0], Right: [1, 0, 1, 1], Bottom: [0, 1, 1, 1], Left: [0, 0, 0, 1] };
    for (const [side, [x1, y1, x2, y2]] of Object.entries(sides)) {
      const width = parseFloat(style[`border${side}Width`]), colour = style[`border${side}Color`];
      if (!width || style[`border${side}Style`] === "none" || !seen(colour)) continue;
      found.push(svg("line", { x1: at.x + x1 * at.width, y1: at.y + y1 * at.height, x2: at.x + x2 * at.width,
        y2: at.y + y2 * at.height, stroke: colour, "stroke-width": width }));
    }
    return found;
  }

  function draw(root, title) {
    const from = root.getBoundingClientRect(), parts = [], defs = [];
    const head = root.querySelector("h3") ? 0 : 30; // a picture without a heading gets one
    let right = 0, bottom = 0;
    const place = (r) => ({ x: r.left - from.left + EDGE, y: r.top - from.top + EDGE + head, width: r.width, height: r.height });
    const reach = (r, x = r.left + (r.width ?? r.right - r.left), y = r.top + r.height) => {
      [right, bottom] = [Math.max(right, x - from.left + EDGE), Math.max(bottom, y - from.top + EDGE + head)];
    };
    const add = (r, found) => { if (found.length) { reach(r); parts.push(...found); } };
    const walk = (node) => {
      if (node.nodeType === Node.TEXT_NODE) { parts.push(...lines(node, place, reach)); return; }
      if (!(node instanceof Element) || node.matches(LEFT_OUT)) return;
      const style = getComputedStyle(node), r = node.getBoundingClientRect();
      if (style.display === "none" || style.visibility === "hidden" || style.opacity === "0") return;
      if (node.localName === "svg") {
        const copy = still(node, false);
        for (const [key, val] of Object.entries({ ...place(r), overflow: "visible" })) copy.setAttribute(key, val);
        add(r, [copy]);
      } else if (node.localName === "canvas") {
        add(r, [svg("image", { ...place(r), href: node.toDataURL(), preserveAspectRatio: "none", style: "image-rendering:pixelated" })]);
      } else if (style.writingMode.startsWith("vertical")) {
        add(r, [upright(node, place, style)]);
      } else {
        if (r.width && r.height) add(r, box(node, style, place(r), defs));
        node.childNodes.forEach(walk);
      }
    };
    root.childNodes.forEach(walk);
    const { color, fontFamily } = getComputedStyle(root);
    if (head) parts.unshift(svg("text", { x: EDGE, y: 26, fill: color, "font-family": fontFamily, "font-size": 16, "font-weight": 700 }, title));
    const [width, height] = [right + EDGE, bottom + EDGE].map(Math.ceil);
    return svg("svg", { width, height, viewBox: `0 0 ${width} ${height}` }, svg("defs", {}, defs),
      svg("rect", { width, height, fill: getComputedStyle(document.body).backgroundColor }), parts);
  }

  // The widget as one drawing: all of it, also what is scrolled away, without its buttons and tables.
  function photo(root, title) {
    const boxes = [...root.querySelectorAll(".ob-scroll, .ob-grid-scroll")].map((n) => [n, n.scrollLeft, n.scrollTop]);
    root.classList.add("ob-whole");
    try {
      return draw(root, title);
    } finally {
      root.classList.remove("ob-whole");
      for (const [node, left, top] of boxes) Object.assign(node, { scrollLeft: left, scrollTop: top });
    }
  }

  const text = (drawing) => new XMLSerializer().serializeToString(drawing);
  async function png(drawing) {
    const image = new Image(), scale = 2;
    const [width, height] = ["width", "height"].map((side) => Number(drawing.getAttribute(side)));
    image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text(drawing))}`;
    await image.decode();
    const canvas = el("canvas", { width: width * scale, height: height * scale });
    canvas.getContext("2d").drawImage(image, 0, 0, width * scale, height * scale);
    return new Promise((done) => canvas.toBlob(done, "image/png"));
  }

  // RFC 4180, with the mark that tells spreadsheets UTF-8; text that could be a formula is quoted away.
  function csv(head, rows) {
    const field = (x) => {
      if (x === null || x === undefined) return "";
      const safe = typeof x === "string" && /^[=+\-@\t\r＝＋－＠]/.test(x) ? `'${x}` : String(x);
      return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
    };
    return `\ufeff${[head, ...rows].map((row) => `${row.map(field).join(",")}\r\n`).join("")}`;
  }
  const cells = (table) => [...table.querySelectorAll("tr")].map((row) => [...row.cells].map((c) => c.textContent));

  // The line of buttons below a widget, one a kind of file; null where its value has no `save`.
  // table: () => [head, rows] or a table's element; picture: false where there is none; more: kind -> () => Blob.
  function saver(root, v, { table, picture = true, more = {} } = {}) {
    if (!v.save) return null;
    const drawn = () => photo(root, v.save.what);
    const make = picture ? { PNG: () => png(drawn()), SVG: () => new Blob([text(drawn())], { type: "image/svg+xml" }) } : {};
    Object.assign(make, more);
    if (table) {
      make.CSV = () => {
        const found = table(), [head, ...rows] = found instanceof Element ? cells(found) : [found[0], ...found[1]];
        return new Blob([csv(head, rows)], { type: "text/csv" });
      };
    }
    return el("p", { class: "ob-save" }, el("span", { "aria-hidden": "true" }, v.save.label),
      Object.entries(make).map(([kind, blob]) => el("button", { type: "button", class: "ob-button", "aria-label": `${v.save.label} ${kind}: ${v.save.what}`,
        onclick: async () => save(`${v.save.file}.${kind.toLowerCase()}`, await blob()) }, kind)));
  }

  return { photo, csv, saver };
})());
