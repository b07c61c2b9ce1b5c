"""Two models on one prompt: the part of the Evaluate screen that asks them."""

import gradio as gr

from obim import Chat, is_of_turn
from ui.handlers import Desk
from ui.painting.chat import chat_labels, exact_label, usual
from ui.painting.donors import examples
from ui.painting.wording import MAX_DONORS
from ui.refusals import Refused, one_of
from ui.screens.wiring import LABELS, Page, heading
from ui.session import Session
from ui.widgets import Note

LONGEST_PROMPT = 2000
NEW_TOKENS = 64


def build(page: Page) -> None:
    """Lay out and wire the part."""
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
    _wire(page, prompt)


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


def _wire(page: Page, prompt: gr.Textbox) -> None:
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
