// Item list: one evaluation item at a time.
const { el, mount, put, blank } = window.OB;
let index = 0, seen = null;
mount({ element, props, watch }, "ob-items", function paint(root, v) {
  if (blank(root, v)) return;
  if (seen !== v.rev) { index = 0; seen = v.rev; }
  const n = v.items.length;
  index = Math.min(index, Math.max(n - 1, 0));
  const item = v.items[index];
  const turn = (step, which) => {
    index += step;
    paint(root, v);
    const wanted = root.querySelector(`[data-turn="${which}"]`);
    (wanted.disabled ? root.querySelector("[data-turn]:not(:disabled)") : wanted)?.focus();
  };
  const button = (text, step, which, off) => el("button", {
    type: "button", class: "ob-button", "data-turn": which, disabled: off, onclick: () => turn(step, which),
  }, text);
  const answer = (a) => el("div", { class: `ob-answer ${a.ok ? "ob-good" : "ob-bad"}` },
    el("dt", {}, a.name, el("span", { class: "ob-verdict" },
      el("span", { class: "ob-sign", "aria-hidden": "true" }, a.ok ? "✓" : "✕"), a.ok ? v.ok : v.wrong)),
    el("dd", {}, a.text || "–"));
  put(root, el("section", { "aria-label": v.label },
    el("header", {}, el("b", { class: "ob-skill" }, item.skill), el("span", { class: "ob-position", role: "status" },
      v.position.replace("{i}", index + 1).replace("{n}", n)),
    button(v.previous, -1, "previous", index === 0), button(v.next, 1, "next", index >= n - 1)),
    el("dl", {},
      el("div", { class: "ob-wide" }, el("dt", {}, v.prompt_label), el("dd", {}, item.prompt)),
      el("div", { class: "ob-wide" }, el("dt", {}, v.expected_label), el("dd", {}, item.expected)),
      item.answers.map(answer))));
});
