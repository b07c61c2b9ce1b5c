// Item list: one evaluation item at a time, of the skill that is chosen.
const { el, mount, put, blank, saver } = window.OB;
let index = 0, skill = null, seen = null;
// All items of the list, with two columns a model: what it answered, and whether that is right.
function whole(v) {
  const names = [...new Set(v.items.flatMap((item) => item.answers.map((a) => a.name)))];
  const answers = (item) => names.flatMap((name) => {
    const said = item.answers.find((a) => a.name === name);
    return said ? [said.text, said.ok ? v.ok : v.wrong] : ["", ""];
  });
  return [[v.skill_label, v.prompt_label, v.expected_label, v.mark_label, ...names.flatMap((name) => [name, `${name}: ${v.ok}`])],
    v.items.map((item) => [item.skill, item.prompt, item.expected, item.mark, ...answers(item)])];
}
mount({ element, props, watch }, "ob-items", function paint(root, v) {
  if (blank(root, v)) return;
  if (seen !== v.rev) { index = 0; seen = v.rev; }
  const skills = [...new Set(v.items.map((item) => item.skill))];
  if (!skills.includes(skill)) skill = skills[0];
  const items = v.items.filter((item) => item.skill === skill);
  const n = items.length;
  const item = items[index];
  const turn = (step, which) => {
    index += step;
    paint(root, v);
    const wanted = root.querySelector(`[data-turn="${which}"]`);
    (wanted.disabled ? root.querySelector("[data-turn]:not(:disabled)") : wanted)?.focus();
  };
  const button = (text, step, which, off) => el("button", {
    type: "button", class: "ob-button", "data-turn": which, disabled: off, onclick: () => turn(step, which),
  }, text);
  const choose = (event) => {
    skill = event.target.value;
    index = 0;
    paint(root, v);
    root.querySelector("select").focus();
  };
  const chooser = skills.length < 2 ? el("b", { class: "ob-skill" }, skill)
    : el("select", { class: "ob-button", "aria-label": v.skill_label, onchange: choose },
      skills.map((s) => el("option", { value: s, selected: s === skill }, s)));
  const answer = (a) => el("div", { class: `ob-answer ${a.ok ? "ob-good" : "ob-bad"}` },
    el("dt", {}, a.name, el("span", { class: "ob-verdict" },
      el("span", { class: "ob-sign", "aria-hidden": "true" }, a.ok ? "✓" : "✕"), a.ok ? v.ok : v.wrong)),
    el("dd", {}, a.text || "–"));
  put(root, el("section", { "aria-label": v.label },
    el("header", {}, chooser, item.mark ? el("span", { class: `ob-mark ${item.good ? "ob-good" : "ob-bad"}` },
      el("span", { class: "ob-verdict" },
        el("span", { class: "ob-sign", "aria-hidden": "true" }, item.good ? "✓" : "✕"), ` ${item.mark}`)) : null,
    el("span", { class: "ob-position", role: "status" },
      v.position.replace("{i}", index + 1).replace("{n}", n)),
    button(v.previous, -1, "previous", index === 0), button(v.next, 1, "next", index >= n - 1)),
    el("dl", {},
      el("div", { class: "ob-wide" }, el("dt", {}, v.prompt_label), el("dd", {}, item.prompt)),
      el("div", { class: "ob-wide" }, el("dt", {}, v.expected_label), el("dd", {}, item.expected)),
      item.answers.map(answer))), saver(root, v, { picture: false, table: () => whole(v) }));
});
