"""The Evaluate screen: score models, read what got worse, prompt two models side by side."""

from collections.abc import Sequence

import gradio as gr

from obim import Chat, Evaluate, Tune, is_of_turn, task_id, tunable
from ui.handlers import Desk
from ui.painting.budget import ALL, AMOUNTS, QUICK_ITEMS, USUAL
from ui.painting.chat import chat_labels, exact_label, usual
from ui.painting.contestants import AMOUNTS as TRIES
from ui.painting.contestants import labels
from ui.painting.donors import examples
from ui.painting.items import KINDS
from ui.painting.wording import MAX_DONORS
from ui.refusals import Refused, one_of
from ui.screens import own_sets, switches, tasks
from ui.screens.wiring import LABELS, Page, heading
from ui.session import Session
from ui.widgets import ItemList, Note, ScoreDots, ScoreTable

LONGEST_PROMPT = 2000
NEW_TOKENS = 64


def build(page: Page) -> None:
    """Lay out and wire the screen."""
    heading("evaluate.heading")
    _choices(page)
    _more(page)
    page.add("evaluate_note", Note())
    own_sets.build(page)
    with page.add("every_turn_box", gr.Column(elem_classes=["ob-gone"])):
        every = gr.Checkbox(False, label=LABELS("past_turns.choice"), elem_id="every-turn")
        page.add("every_turn", every)
    page.add("scores", ScoreTable(elem_id="scores"))
    page.add("dots", ScoreDots(elem_id="dots"))
    heading("evaluate.single")
    page.add("kind", gr.Radio([], label=LABELS("evaluate.kinds"), elem_id="kind"))
    page.add("items_note", Note(elem_id="items-note"))
    page.add("items", ItemList(elem_id="items"))
    switches.build(page)
    heading("evaluate.side_by_side")
    prompt = gr.Textbox(
        label=LABELS("evaluate.prompt"), lines=3, max_length=LONGEST_PROMPT, elem_id="prompt"
    )
    page.add("prompt", prompt)
    _examples(page)
    page.add("ask", gr.Button(LABELS("evaluate.ask"), interactive=False, elem_id="ask"))
    page.add("ask_note", Note(elem_id="ask-note"))
    with gr.Row():
        _side(page, "left", "evaluate.left")
        _side(page, "right", "evaluate.right_model")
    _wire_scores(page)
    _wire_chat(page, prompt)


def _choices(page: Page) -> None:
    """Which models are scored, and on how many items."""
    with gr.Row(elem_classes=["ob-middle"]):
        page.add(
            "which",
            gr.CheckboxGroup(
                [], label=LABELS("evaluate.which"), scale=4, min_width=240, elem_id="which"
            ),
        )
        page.add(
            "full",
            gr.Radio([], label=LABELS("evaluate.how_many"), scale=2, min_width=240, elem_id="full"),
        )
        page.add(
            "evaluate",
            gr.Button(
                LABELS("evaluate.run"), variant="primary", min_width=160, elem_id="evaluate",
                interactive=False,
            ),
        )  # fmt: skip


def _more(page: Page) -> None:
    """What most users leave alone: other methods, ablations, and tuning, behind a fold."""
    with page.add("more_fold", gr.Accordion(LABELS("evaluate.more"), open=True, elem_id="more")):
        for name in ("others", "ablations"):
            page.add(name, gr.CheckboxGroup([], label=LABELS(f"evaluate.{name}"), elem_id=name))
        page.add("tries", gr.Radio([], label=LABELS("tune.tries"), elem_id="tries"))
        button = gr.Button(LABELS("tune.button"), min_width=160, elem_id="tune", interactive=False)
        page.add("tune", button)
        page.add("tune_note", Note(elem_id="tune-note"))
        tasks.build(page)


def _examples(page: Page) -> None:
    """A button for each donor, which writes its example into the prompt."""
    with page.add("example_row", gr.Row(elem_classes=["ob-gone"], elem_id="examples")):
        page.add("example_note", Note())
        for i in range(MAX_DONORS):
            button = gr.Button("", size="sm", min_width=96, scale=0, elem_classes=["ob-gone"])
            page.add(f"example{i}", button)


def _side(page: Page, side: str, label: str) -> None:
    with gr.Column(min_width=300):
        page.add(side, gr.Dropdown([], label=LABELS(label), elem_id=f"{side}-model"))
        page.add(
            f"{side}_text",
            gr.Textbox(
                label=LABELS("evaluate.answer"), lines=4, interactive=False,
                elem_id=f"{side}-text",
            ),
        )  # fmt: skip


def asked(
    desk: Desk, session: Session, groups: Sequence[object], skills: tuple[str, ...]
) -> Evaluate:
    """The job that scores the models ticked in the groups, on as many items as were chosen."""
    models = [model for group in groups if isinstance(group, list) for model in group]
    if not models:
        raise Refused("error.no_model_chosen")
    known = labels(desk.state(session))
    chosen = tuple(one_of(model, known, "evaluate.which") for model in models)
    seconds = None if session.full else session.seconds
    items = None if session.full or seconds is not None else QUICK_ITEMS
    return Evaluate(chosen, skills, items, seconds)


def _wire_scores(page: Page) -> None:
    desk, boxes = page.desk, page.boxes

    def evaluate_models(session: Session, *groups: object) -> None:
        skills = tuple(skill.id for skill in desk.state(session).skills)
        desk.submit(session, asked(desk, session, groups, skills))

    def evaluate_task(session: Session, name: object, *groups: object) -> None:
        desk.submit(session, asked(desk, session, groups, (task_id(tasks.named(desk, name)),)))

    def tune_methods(session: Session) -> None:
        skills = tuple(skill.id for skill in desk.state(session).skills)
        desk.submit(session, Tune(tuple(tunable()), skills, session.tries))

    def set_full(session: Session, value: object) -> None:
        chosen = one_of(value, AMOUNTS, "evaluate.how_many")
        session.full = chosen == ALL
        if chosen != ALL:
            session.seconds = None if chosen == USUAL else int(chosen)

    def choose_tries(session: Session, tries: object) -> None:
        session.tries = one_of(tries, TRIES, "tune.tries")

    def show_every_turn(session: Session, on: object) -> None:
        session.every_turn = one_of(on, (True, False), "past_turns.choice")

    def choose_kind(session: Session, kind: object) -> None:
        session.kind = one_of(kind, KINDS, "evaluate.kinds")

    page.on(boxes["tries"].input, choose_tries, [boxes["tries"]])
    page.on(boxes["kind"].input, choose_kind, [boxes["kind"]])
    page.on(boxes["every_turn"].input, show_every_turn, [boxes["every_turn"]], named=True)
    chosen = [boxes[name] for name in ("which", "others", "ablations")]
    page.on(boxes["evaluate"].click, evaluate_models, chosen, named=True)
    page.on(boxes["task_run"].click, evaluate_task, [boxes["task_name"], *chosen], named=True)
    page.on(boxes["tune"].click, tune_methods, named=True)
    page.on(boxes["full"].input, set_full, [boxes["full"]])


def _prompt(text: object) -> str:
    """A text of a length that can be asked."""
    if not isinstance(text, str) or len(text) > LONGEST_PROMPT:
        raise Refused("error.prompt", n=LONGEST_PROMPT)
    return text


def write_prompt(session: Session, text: object) -> None:
    """Keep the prompt as it stands on the screen; answers to another one go."""
    prompt = _prompt(text)
    if prompt != session.chat.get("prompt", ""):
        session.forget_answers()
        session.chat["prompt"] = prompt


def ask(desk: Desk, session: Session, text: object, left: object, right: object) -> None:
    """Prompt both models, and keep what they answer in the session."""
    state = desk.state(session)
    text = _prompt(text)
    if not text.strip():
        raise Refused("error.no_prompt")
    models = {
        side: one_of(model, chat_labels(state, session), "evaluate.which")
        for side, model in (("left", left), ("right", right))
    }
    before, offered = session.chat, usual(state, session)
    chosen = {s: m for s, m in models.items() if m != offered[s] or before.get(s) == m}
    session.chat = {"prompt": text, "asking": True, **chosen}
    try:
        for side, model in models.items():
            session.revision += 1  # the follower shows that it is being asked
            label = exact_label(state, session, model)
            answer = desk.studio.read(state.id, Chat(label, text, NEW_TOKENS), timeout=120.0)
            turn = state.turn if is_of_turn(label) else None
            session.chat[f"{side}_answer"] = {
                "model": label,
                "turn": turn,
                "text": answer["text"],
                "cut_at": NEW_TOKENS if answer["stopped"] else 0,
            }
    finally:
        session.chat["asking"] = False


def _wire_example(page: Page, i: int) -> None:
    desk = page.desk

    def use_example(session: Session) -> None:
        found = examples(desk.state(session).spec)
        if i < len(found):
            write_prompt(session, found[i][1])
            session.epoch += 1

    page.on(page.boxes[f"example{i}"].click, use_example)


def _wire_chat(page: Page, prompt: gr.Textbox) -> None:
    desk, boxes = page.desk, page.boxes

    def choose(session: Session, side: str, model: object) -> None:
        known = chat_labels(desk.state(session), session)
        session.chat[side] = one_of(model, known, "evaluate.which")

    def choose_left(session: Session, model: object) -> None:
        choose(session, "left", model)

    def choose_right(session: Session, model: object) -> None:
        choose(session, "right", model)

    def ask_models(session: Session, text: object, left: object, right: object) -> None:
        ask(desk, session, text, left, right)

    for i in range(MAX_DONORS):
        _wire_example(page, i)
    page.on(prompt.change, write_prompt, [prompt], trigger_mode="always_last")
    page.on(boxes["left"].input, choose_left, [boxes["left"]])
    page.on(boxes["right"].input, choose_right, [boxes["right"]])
    page.on(boxes["ask"].click, ask_models, [prompt, boxes["left"], boxes["right"]], named=True)
