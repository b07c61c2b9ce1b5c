"""Assembles the page: header, stepper, job bar, the screens, and the follower that paints them."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr

from ui import theme
from ui.following import follower
from ui.handlers import Desk
from ui.painting.frame import SCREENS, is_open
from ui.refusals import Refused, whole
from ui.screens import evaluate, explore, export, merge, models, saliency
from ui.screens.wiring import LABELS, Page
from ui.session import Session, Sessions
from ui.widgets import JobBar, Note, Stepper

if TYPE_CHECKING:
    from obim import Studio

BUILDERS = (
    models.build, saliency.build, explore.build, merge.build, evaluate.build, export.build,
)  # fmt: skip


def build(studio: "Studio", home: Path, roots: list[Path]) -> gr.Blocks:
    """The whole page on one studio."""
    desk = Desk(studio, Sessions(home / "sessions"), home, roots)
    with gr.Blocks(title="OBIM Studio", delete_cache=(3600, 3600)) as blocks:
        token = gr.Textbox(visible=False)
        page = Page(desk, token)
        lang = _header()
        page.add("loading", gr.Markdown(LABELS("page.loading"), elem_id="loading"))
        page.add("stepper", Stepper(elem_id="stepper"))
        with page.add("job_row", gr.Column(elem_classes=["ob-gone"])):
            _job_row(page)
        for i, (name, make) in enumerate(zip(SCREENS, BUILDERS, strict=True)):
            # mounted from the start: Gradio loses updates of parts that were never shown
            shown = gr.Column(elem_classes=[] if i == 0 else ["ob-gone"], elem_id=f"screen-{name}")
            with page.add(f"screen_{name}", shown):
                make(page)
        page.add("why_locked", Note(elem_id="why-locked"))
        with gr.Row():
            back = gr.Button(
                LABELS("page.back"), interactive=False, min_width=140, scale=0,
                elem_id="back-screen",
            )  # fmt: skip
            gr.HTML("", elem_classes=["ob-grow"])
            following = gr.Button(
                LABELS("page.next"),
                interactive=False,
                variant="primary",
                min_width=140,
                scale=0,
                elem_id="next-screen",
            )
        page.add("back_screen", back)
        page.add("next_screen", following)
        _wire(page)
        _follow(blocks, page, lang)
    blocks.queue(default_concurrency_limit=4, max_size=256)
    return blocks


def _job_row(page: Page) -> None:
    with gr.Row(elem_classes=["ob-middle"]):
        with gr.Column(scale=8, min_width=260):
            page.add("jobbar", JobBar(elem_id="jobbar"))
        stop = gr.Button(
            LABELS("page.stop"), variant="stop", min_width=110, scale=1, elem_id="stop",
            elem_classes=["ob-gone"],
        )  # fmt: skip
        page.add("stop", stop)


def _header() -> Any:
    with gr.Row(elem_classes=["ob-header"]):
        with gr.Column(scale=5, min_width=280):
            gr.Markdown("# OBIM Studio")
            gr.Markdown(LABELS("page.purpose"), elem_classes=["ob-purpose"])
        lang = gr.Radio(
            [("English", "en"), ("日本語", "ja")],
            value="en",
            label=LABELS("page.language"),
            show_label=False,
            container=False,
            min_width=220,
            scale=0,
            elem_id="lang",
        )
        dark = gr.Button(
            LABELS("page.light_dark"), size="sm", scale=0, min_width=130, elem_id="dark"
        )
        dark.click(None, js=theme.THEME_JS, api_visibility="private")
    return lang


def _wire(page: Page) -> None:
    desk = page.desk

    def go(session: Session, screen: object) -> None:
        state = desk.read(session)
        last = len(SCREENS) - 1
        chosen = whole(screen, 0, last, "stepper.label")
        if not is_open(state, session, chosen):
            raise Refused(f"stepper.why.{SCREENS[chosen]}")
        session.screen = chosen

    def go_step(session: Session, sent: dict[str, Any]) -> None:
        go(session, sent.get("step"))

    def go_back(session: Session) -> None:
        go(session, max(session.screen - 1, 0))

    def go_next(session: Session) -> None:
        go(session, min(session.screen + 1, len(SCREENS) - 1))

    def stop_job(session: Session) -> None:
        desk.studio.stop()  # whatever is under way, also where the page shows another run

    page.on_event(page.boxes["stepper"].go, go_step)
    page.on(page.boxes["back_screen"].click, go_back, named=True)
    page.on(page.boxes["next_screen"].click, go_next, named=True)
    page.on(page.boxes["stop"].click, stop_job, named=True, queue=False)


def _follow(blocks: gr.Blocks, page: Page, lang: Any) -> None:
    desk = page.desk

    def set_language(session: Session, chosen: object) -> None:
        session.lang = "ja" if chosen == "ja" else "en"

    lang.input(None, lang, None, js=theme.LANGUAGE_JS, api_visibility="private")
    page.on(lang.input, set_language, [lang], named=True)
    blocks.load(None, None, lang, js=theme.KNOWN_JS, api_visibility="private")
    quiet: dict[str, Any] = {"show_progress": "hidden", "show_progress_on": page.token}
    blocks.load(
        desk.enter, [page.token, lang], [page.token, lang], js=theme.BOOT_JS,
        api_name="enter", api_visibility="undocumented", **quiet,
    ).then(
        follower(desk, page.boxes), [page.token], list(page.boxes.values()),
        api_name="follow", api_visibility="private", concurrency_limit=None, **quiet,
    )  # fmt: skip
