"""The Evaluate screen: what is scored, and what got worse; other parts have rooms of their own."""

from collections.abc import Sequence

import gradio as gr

from obim import Evaluate, Tune, task_id, tunable
from ui.handlers import Desk
from ui.painting.budget import ALL, AMOUNTS, QUICK_ITEMS, USUAL
from ui.painting.contestants import AMOUNTS as TRIES
from ui.painting.contestants import GROUPS, groups, labels
from ui.painting.items import KINDS
from ui.refusals import Refused, one_of
from ui.screens import chat, own_sets, switches, tasks
from ui.screens.wiring import LABELS, Page, heading
from ui.session import Session
from ui.widgets import ItemList, Note, ScoreDots, ScoreTable


def build(page: Page) -> None:
    """Lay out and wire the screen."""
    heading("evaluate.heading")
    _choices(page)
    page.add("evaluate_note", Note(elem_id="evaluate-note"))
    _more(page)
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
    chat.build(page)
    _wire_choices(page)
    _wire_scores(page)


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
        with gr.Column(min_width=160):
            run = gr.Button(
                LABELS("evaluate.run"), variant="primary", elem_id="evaluate", interactive=False
            )
            page.add("evaluate", run)
            page.waits("evaluate")


def _more(page: Page) -> None:
    """What most users leave alone: other methods, ablations, and tuning, behind a fold."""
    with page.add("more_fold", gr.Accordion(LABELS("evaluate.more"), open=True, elem_id="more")):
        for name in ("others", "ablations"):
            page.add(name, gr.CheckboxGroup([], label=LABELS(f"evaluate.{name}"), elem_id=name))
        page.add("tries", gr.Radio([], label=LABELS("tune.tries"), elem_id="tries"))
        button = gr.Button(LABELS("tune.button"), min_width=160, elem_id="tune", interactive=False)
        page.add("tune", button)
        page.waits("tune")
        page.add("tune_note", Note(elem_id="tune-note"))
        tasks.build(page)


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

    chosen = [boxes[name] for name in GROUPS]
    page.on(boxes["evaluate"].click, evaluate_models, chosen, named=True)
    page.on(boxes["task_run"].click, evaluate_task, [boxes["task_name"], *chosen], named=True)
    page.on(boxes["tune"].click, tune_methods, named=True)


def _wire_choices(page: Page) -> None:
    desk, boxes = page.desk, page.boxes

    def tick_models(session: Session, *told: object) -> None:
        ticks: dict[str, bool] = {}
        for group, chosen in zip(groups(desk.state(session)).values(), told, strict=True):
            listed = chosen if isinstance(chosen, list) else []
            on = [one_of(model, group, "evaluate.which") for model in listed]
            ticks |= {model: model in on for model in group}
        session.ticks = session.ticks | ticks

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

    page.on_any([boxes[name] for name in GROUPS], tick_models)
    page.on(boxes["full"].input, set_full, [boxes["full"]])
    page.on(boxes["tries"].input, choose_tries, [boxes["tries"]])
    page.on(boxes["kind"].input, choose_kind, [boxes["kind"]])
    page.on(boxes["every_turn"].input, show_every_turn, [boxes["every_turn"]], named=True)
