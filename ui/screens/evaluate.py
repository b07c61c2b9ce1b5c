"""The Evaluate screen: score models, read what got worse, prompt two models side by side."""

import gradio as gr

from obim import Chat, Evaluate
from ui.handlers import Refused, one_of
from ui.i18n import t
from ui.painting.evaluate import chat_labels, labels
from ui.screens.wiring import LABELS, Page, heading
from ui.session import Session
from ui.widgets import ItemList, Note, ScoreTable

QUICK_ITEMS = 40
LONGEST_PROMPT = 2000
NEW_TOKENS = 64


def build(page: Page) -> None:
    """Lay out and wire the screen."""
    heading("evaluate.heading")
    with gr.Row(elem_classes=["ob-middle"]):
        which = page.add(
            "which",
            gr.CheckboxGroup([], label=LABELS("evaluate.which"), scale=4, elem_id="which"),
        )
        full = page.add(
            "full", gr.Radio([], label=LABELS("evaluate.how_many"), scale=2, elem_id="full")
        )
        run = page.add(
            "evaluate",
            gr.Button(LABELS("evaluate.run"), variant="primary", min_width=160, elem_id="evaluate"),
        )
    page.add("evaluate_note", Note())
    page.add("scores", ScoreTable(elem_id="scores"))
    heading("evaluate.worse")
    page.add("items", ItemList(elem_id="items"))
    heading("evaluate.side_by_side")
    prompt = gr.Textbox(
        label=LABELS("evaluate.prompt"), lines=3, max_length=LONGEST_PROMPT, elem_id="prompt"
    )
    with gr.Row():
        for side in ("left", "right"):
            with gr.Column(min_width=300):
                page.add(
                    side,
                    gr.Dropdown(
                        [],
                        label=LABELS("evaluate.left" if side == "left" else "evaluate.right_model"),
                        elem_id=f"{side}-model",
                    ),
                )
                page.add(
                    f"{side}_text",
                    gr.Textbox(
                        label=LABELS("evaluate.answer"), lines=4, interactive=False,
                        elem_id=f"{side}-text",
                    ),
                )  # fmt: skip
    ask = page.add("ask", gr.Button(LABELS("evaluate.ask"), elem_id="ask"))
    page.add("asked", Note())
    desk = page.desk

    def evaluate_models(session: Session, models: object) -> None:
        state = desk.state(session)
        if not isinstance(models, list) or not models:
            raise Refused(t(session.lang, "error.no_model_chosen"))
        chosen = tuple(one_of(model, labels(state), "model") for model in models)
        items = None if session.full else QUICK_ITEMS
        desk.submit(session, Evaluate(chosen, tuple(s.id for s in state.skills), items))

    def set_full(session: Session, everything: object) -> None:
        session.full = one_of(everything, (True, False), "choice")

    def choose_left(session: Session, model: object) -> None:
        session.chat["left"] = one_of(model, chat_labels(desk.state(session)), "model")

    def choose_right(session: Session, model: object) -> None:
        session.chat["right"] = one_of(model, chat_labels(desk.state(session)), "model")

    def ask_models(session: Session, text: object, left: object, right: object) -> None:
        state = desk.state(session)
        if not isinstance(text, str) or not text.strip() or len(text) > LONGEST_PROMPT:
            raise Refused(t(session.lang, "error.prompt", n=LONGEST_PROMPT))
        models = {
            side: one_of(model, chat_labels(state), "model")
            for side, model in (("left", left), ("right", right))
        }
        session.chat = {"prompt": text, "left_text": "", "right_text": "", **models}
        session.chat["asking"] = True
        try:
            for side, label in models.items():
                session.revision += 1  # the follower shows that it is being asked
                answer = desk.studio.read(state.id, Chat(label, text, NEW_TOKENS), timeout=120.0)
                session.chat[f"{side}_text"] = answer["text"]
        finally:
            session.chat["asking"] = False

    boxes = page.boxes
    page.on(run.click, evaluate_models, [which], named=True)
    page.on(full.input, set_full, [full])
    page.on(boxes["left"].input, choose_left, [boxes["left"]])
    page.on(boxes["right"].input, choose_right, [boxes["right"]])
    page.on(ask.click, ask_models, [prompt, boxes["left"], boxes["right"]], named=True)
