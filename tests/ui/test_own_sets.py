"""The fold "Your own questions": what its controls do, and what it shows."""

import html
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr
import httpx
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError

from obim import AddSet, Columns, EvaluationError, JobState, OwnSet, RemoveSet
from tests.ui.conftest import TOKEN
from tests.ui.fake_studio import HOSTILE, FakeStudio
from ui import views
from ui.app import build
from ui.handlers import Desk
from ui.refusals import Refused
from ui.screens.own_sets import KINDS, map_columns, remove, save, take_table
from ui.screens.uploads import TEXTS
from ui.screens.wiring import LABELS
from ui.serving import launch_kwargs
from ui.session import Session


def asked(desk: Desk) -> list[Any]:
    return desk.studio.asked  # type: ignore[attr-defined, no-any-return]


def painted(desk: Desk, session: Session) -> dict[str, Any]:
    return views.page(desk.state(session), session, (), "", desk.studio.own_sets())


def upload(desk: Desk, session: Session, tmp_path: Path, text: str = "q,a") -> None:
    path = tmp_path / "FAQ 東京.csv"
    path.write_text(text)
    take_table(desk, session, str(path))


def keep(desk: Desk, name: str, **more: Any) -> None:
    """A set that was saved before."""
    facts = {"id": f"own-{name}", "evaluator": "contains", "items": 10, "content": ""}
    made = OwnSet(name=name, **facts | more)
    desk.studio.saved.append(made)  # type: ignore[attr-defined]


SAME = ["q", "a", [], "", "exact_match", ""]


def test_a_table_is_looked_into(desk: Desk, session: Session, tmp_path: Path) -> None:
    assert painted(desk, session)["own_form"] == {"visible": False}
    upload(desk, session, tmp_path)
    shown = painted(desk, session)
    assert shown["own_fold"] == {"open": True}
    assert shown["own_sheet"]["caption"] == "FAQ 東京.csv: 14 rows, Shift_JIS"
    roles = [column["role"] for column in shown["own_sheet"]["columns"]]
    assert roles == ["Question", "Answer", ""]
    assert shown["own_name"]["value"] == "FAQ 東京"
    assert shown["own_counts"]["lines"] == [
        "12 questions can be used: 6 for practice, 6 held back for the report."
    ]
    assert shown["own_problems"]["lines"] == [
        "Rows left out: 2; the first of them:", "Line 4: the row is empty",
    ]  # fmt: skip
    assert shown["own_prompts"]["items"][0]["prompt"] == "<|user|>one?"
    assert not shown["own_choices"]["visible"]


def test_a_table_is_mapped_and_saved(desk: Desk, session: Session, tmp_path: Path) -> None:
    upload(desk, session, tmp_path)
    source = desk.state(session).spec.donors[0].source
    map_columns(desk, session, ["q", "a", [], "", "multiple_choice", source])
    shown = painted(desk, session)
    assert (shown["own_counts"]["tone"], shown["own_counts"]["lines"]) == (
        "warn", ["Choose the columns that hold the choices."],
    )  # fmt: skip
    assert (shown["own_choices"]["visible"], shown["own_save"]["interactive"]) == (True, False)
    map_columns(desk, session, ["q", "a", [HOSTILE], "", "multiple_choice", source])
    shown = painted(desk, session)
    assert shown["own_save"]["interactive"]
    assert shown["own_prompts"]["items"][0]["answers"][0] == {
        "name": "Choice 1", "text": HOSTILE, "ok": True,
    }  # fmt: skip
    file = session.own["file"]
    save(desk, session, " my set ")
    mapped = Columns("a", "q", (HOSTILE,))
    assert asked(desk)[-1] == AddSet(file, mapped, "multiple_choice", "my set", source, False)
    shown = painted(desk, session)
    assert shown["own_form"] == {"visible": False}
    assert shown["own_fold"] == {"open": True}  # the list that shows it stays open
    assert [one["name"] for one in shown["own_sets"]["sets"]] == ["my set"]
    assert "12 questions · Multiple choice" in shown["own_sets"]["sets"][0]["note"]


def test_a_column_with_two_roles_is_said(desk: Desk, session: Session, tmp_path: Path) -> None:
    upload(desk, session, tmp_path)
    assert painted(desk, session)["own_counts"]["tone"] == "plain"
    map_columns(desk, session, ["q", "a", [], "q", "exact_match", ""])
    shown = painted(desk, session)
    assert shown["own_sheet"]["columns"][0]["role"] == "Question, Number (optional)"
    counts = shown["own_counts"]
    assert counts["tone"] == "warn"
    assert counts["lines"][0].startswith("12 questions can be used")
    assert counts["lines"][1].startswith(
        "The column 'q' has two roles: Question and Number (optional)."
    )
    map_columns(desk, session, ["q", "a", [HOSTILE, "a"], "", "multiple_choice", ""])
    assert painted(desk, session)["own_counts"]["tone"] == "plain"  # the right choice is one


def test_a_role_that_was_not_guessed_is_chosen(
    desk: Desk, session: Session, tmp_path: Path
) -> None:
    upload(desk, session, tmp_path)
    session.own["preview"]["mapping"] = Columns("")
    shown = painted(desk, session)
    for name in ("own_prompt", "own_answer"):
        assert shown[name]["value"] == ""
        assert shown[name]["choices"][0] == ("– choose a column –", "")
    map_columns(desk, session, ["q", "", [], "", "exact_match", ""])  # one after the other
    map_columns(desk, session, ["q", "a", [], "", "exact_match", ""])
    assert session.own["preview"]["mapping"] == Columns("a", "q")
    assert ("– choose a column –", "") not in painted(desk, session)["own_answer"]["choices"]


def test_a_saved_set_says_which_columns_it_was_made_of(desk: Desk, session: Session) -> None:
    keep(desk, "old")
    keep(desk, "new", columns=Columns("正しい答え", "質問文", ("甲", "乙"), id="番号"))
    old, new = painted(desk, session)["own_sets"]["sets"]
    assert old["columns"] == ""  # saved before this was kept
    assert new["columns"] == (
        "Columns: Question: 質問文 · Answer: 正しい答え · Choices: 甲 · Choices: 乙"
        " · Number (optional): 番号"
    )


def test_a_name_that_is_taken_is_replaced_when_pressed_again(
    desk: Desk, session: Session, tmp_path: Path
) -> None:
    press = desk.guard(lambda session: save(desk, session, "one"))
    for _ in range(2):
        upload(desk, session, tmp_path)
        press(TOKEN)
    assert [type(job) for job in asked(desk)].count(AddSet) == 1
    assert painted(desk, session)["own_save"]["value"] == "Replace the set of this name?"
    press(TOKEN)
    assert asked(desk)[-1].replace
    assert [saved.name for saved in desk.studio.own_sets()] == ["one"]


def test_the_name_that_is_confirmed_is_the_one_that_was_asked_about(
    desk: Desk, session: Session, tmp_path: Path
) -> None:
    keep(desk, "one")
    keep(desk, "two")
    upload(desk, session, tmp_path)
    desk.guard(lambda session: save(desk, session, "one"))(TOKEN)
    desk.guard(lambda session: save(desk, session, "two"))(TOKEN)
    assert not [job for job in asked(desk) if isinstance(job, AddSet)]


def test_remove_asks_first(desk: Desk, session: Session) -> None:
    keep(desk, HOSTILE, id="own-1", evaluator="new_one", damaged=True)
    press = desk.guard(lambda session: remove(desk, session, "own-1"))
    press(TOKEN)
    (line,) = painted(desk, session)["own_sets"]["sets"]
    assert (line["remove"], line["armed"], line["note"]) == (
        "Really remove?", True, "10 questions · New one · General",
    )  # fmt: skip
    assert "Changed on the disk" in line["warning"]
    press(TOKEN)
    assert asked(desk)[-1] == RemoveSet("own-1")
    assert painted(desk, session)["own_sets"]["message"] == "No set of your own is saved yet."
    with pytest.raises(Refused):
        remove(desk, session, "own-1")


def test_a_table_that_can_not_be_read_says_so_in_the_fold(
    desk: Desk, session: Session, tmp_path: Path
) -> None:
    with pytest.raises(EvaluationError):
        upload(desk, session, tmp_path, "broken")
    session.lang = "ja"
    sheet = painted(desk, session)["own_sheet"]
    assert (sheet["state"], sheet["message"]) == (
        "failed", "表が空です。見出しと行のあるファイルを選んでください。",
    )  # fmt: skip
    assert painted(desk, session)["own_form"] == {"visible": False}


def test_while_a_table_is_read_the_fold_says_so(desk: Desk, session: Session) -> None:
    session.own = {"file": "x", "reading": True}
    assert painted(desk, session)["own_sheet"]["state"] == "loading"


def test_nothing_is_saved_or_removed_beside_a_job(
    desk: Desk, session: Session, tmp_path: Path
) -> None:
    keep(desk, "one")
    upload(desk, session, tmp_path)
    running = JobState(kind="advance", status="running")
    desk.studio.change(session.run_id, job=running)  # type: ignore[attr-defined]
    shown = painted(desk, session)
    assert not shown["own_save"]["interactive"]
    assert shown["own_sets"]["busy"]


@pytest.mark.parametrize("place", [0, 1, 3, 4, 5])
@pytest.mark.parametrize("value", ["gone", 3, None, ["gone"], {"a": 1}])
def test_only_what_the_table_offers_can_be_chosen(
    desk: Desk, session: Session, tmp_path: Path, place: int, value: object
) -> None:
    upload(desk, session, tmp_path)
    before = session.own["preview"]["mapping"]
    values: list[Any] = [*SAME]
    values[place] = value
    with pytest.raises(Refused):
        map_columns(desk, session, values)
    assert session.own["preview"]["mapping"] == before


def test_choices_are_columns_of_the_table(desk: Desk, session: Session, tmp_path: Path) -> None:
    upload(desk, session, tmp_path)
    with pytest.raises(Refused, match="'gone' can't be chosen"):
        map_columns(desk, session, ["q", "a", ["gone"], "", "exact_match", ""])


@pytest.mark.parametrize("name", ["", "  ", "x" * 61, "a\nb", None, 3])
def test_a_set_needs_a_name(desk: Desk, session: Session, tmp_path: Path, name: object) -> None:
    upload(desk, session, tmp_path)
    with pytest.raises(Refused, match="name of 1 to 60"):
        save(desk, session, name)


def test_without_a_table_there_is_nothing_to_map_or_save(desk: Desk, session: Session) -> None:
    with pytest.raises(Refused, match="Upload a table"):
        save(desk, session, "x")
    with pytest.raises(Refused, match="Upload a table"):
        map_columns(desk, session, SAME)


def test_only_tables_are_kept(desk: Desk, session: Session, tmp_path: Path) -> None:
    bad = tmp_path / "x.html"
    bad.write_text("q,a")
    for path in (bad, tmp_path / "gone.csv", tmp_path):
        with pytest.raises(Refused):
            take_table(desk, session, str(path))
    assert session.own == {}


def test_a_refused_save_is_told_in_the_users_language(
    desk: Desk, session: Session, tmp_path: Path
) -> None:
    session.lang = "ja"
    upload(desk, session, tmp_path)
    with pytest.raises(gr.Error, match="名前"):
        desk.guard(lambda session: save(desk, session, ""))(TOKEN)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, FakeStudio, Path]]:
    home: Path = tmp_path_factory.mktemp("home")
    studio = FakeStudio()
    blocks = build(studio, home, [home])  # type: ignore[arg-type]
    settings = launch_kwargs(port=1, i18n=LABELS) | {"server_port": None}
    _, address, _ = blocks.launch(**settings, prevent_thread_lock=True)
    yield address, studio, home
    blocks.close()


def test_upload_and_save_over_the_api(served: tuple[str, FakeStudio, Path], tmp_path: Path) -> None:
    address, studio, home = served
    client = Client(address, verbose=False)
    client.predict(TOKEN, "en", api_name="/enter")
    with pytest.raises(AppError) as refused:
        client.predict(TOKEN, "x", api_name="/save_set")
    assert "Upload a table" in html.unescape(str(refused.value))
    table = tmp_path / "問い.csv"
    table.write_bytes("q,a\r\n東京は?,首都".encode("cp932"))
    client.predict(TOKEN, handle_file(str(table)), api_name="/upload_table")
    (kept,) = (home / TEXTS).iterdir()
    assert kept.read_bytes() == table.read_bytes()
    assert kept.suffix in KINDS
    client.predict(TOKEN, "mine", api_name="/save_set")
    job = studio.asked[-1]
    assert (job.file, job.name, job.donor) == (str(kept), "mine", None)


def test_a_file_of_the_server_is_no_upload(
    served: tuple[str, FakeStudio, Path], tmp_path: Path
) -> None:
    address, _, home = served
    secret = tmp_path / "secret.csv"
    secret.write_text("q,a")
    kept = sorted(home.rglob("*.csv"))
    data = [TOKEN, {"path": str(secret), "meta": {"_type": "gradio.FileData"}}]
    url = f"{address}gradio_api/call/upload_table"
    answer = httpx.post(url, json={"data": data}, timeout=10)
    if answer.status_code == 200:
        event = json.loads(answer.text)["event_id"]
        assert "error" in httpx.get(f"{url}/{event}", timeout=10).text
    assert sorted(home.rglob("*.csv")) == kept
