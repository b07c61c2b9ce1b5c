"""The endpoints as a hostile program on the same machine meets them."""

import html
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError

from obim import Advance, Calibrate, Export
from tests.ui.fake_studio import HOSTILE, FakeStudio
from ui.app import build
from ui.screens.wiring import LABELS
from ui.serving import launch_kwargs

TOKEN = "ab" * 16


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, FakeStudio]]:
    home: Path = tmp_path_factory.mktemp("home")
    studio = FakeStudio()
    blocks = build(studio, home, [home])  # type: ignore[arg-type]
    settings = launch_kwargs(port=1, i18n=LABELS) | {"server_port": None}
    _, address, _ = blocks.launch(**settings, prevent_thread_lock=True)
    yield address, studio
    blocks.close()


@pytest.fixture
def call(served: tuple[str, FakeStudio]) -> Any:
    client = Client(served[0], verbose=False)

    def ask(name: str, *values: Any, token: Any = TOKEN) -> Any:
        return client.predict(token, *values, api_name=f"/{name}")

    ask("enter", "en")
    return ask


def test_the_way_through(served: tuple[str, FakeStudio], call: Any) -> None:
    studio = served[1]
    call("compute_saliency")
    call("step_turn")
    call("export_model", "my-model", "bfloat16", 5_000_000_000, True)
    jobs = [job for job in studio.asked if not isinstance(job, str)]
    assert [type(job) for job in jobs[-3:]] == [Calibrate, Advance, Export]


@pytest.mark.parametrize("token", ["", "nonsense", "../../etc/passwd", "A" * 32, None, 12])
def test_a_bad_token_gets_nothing(call: Any, token: Any) -> None:
    with pytest.raises((AppError, ValueError)):
        call("step_turn", token=token)


@pytest.mark.parametrize("name", ["", "..", "../up", "a/b", ".hidden", "a b", "x" * 65, HOSTILE])
def test_a_hostile_export_name_is_refused(
    served: tuple[str, FakeStudio], call: Any, name: str
) -> None:
    before = len(served[1].asked)
    with pytest.raises(AppError):
        call("export_model", name, "bfloat16", 5_000_000_000, True)
    assert len(served[1].asked) == before


@pytest.mark.parametrize("ref", ["/etc", "../..", "~", HOSTILE, "demo:nothing", "", "\0"])
def test_a_folder_outside_the_roots_is_refused_and_named_as_it_was_typed(
    call: Any, ref: str
) -> None:
    with pytest.raises(AppError) as error:
        call("choose_models", ref, ["demo:dates"])
    said = html.unescape(str(error.value))
    assert f"'{ref[:80]}' is not a model of the list" in said
    assert str(Path.home()) not in said
    assert "<b>" not in str(error.value)


@pytest.mark.parametrize("models", [[], ["nobody"], ["base", "../x"]])
def test_unknown_models_are_not_evaluated(call: Any, models: list[str]) -> None:
    with pytest.raises(AppError):
        call("evaluate_models", models, [], [])


@pytest.mark.parametrize("text", ["", "  ", "x" * 5000])
def test_prompts_have_a_length(call: Any, text: str) -> None:
    with pytest.raises(AppError):
        call("ask_models", text, "base", "base")


@pytest.mark.parametrize("index", [-1, 99, 1.5, True, "0", None])
def test_a_donor_out_of_range_is_refused(call: Any, index: Any) -> None:
    with pytest.raises(AppError):
        call("show_donor", index)


def test_a_private_endpoint_checks_what_arrives(served: tuple[str, FakeStudio]) -> None:
    address, studio = served
    before = len(studio.asked)
    for name in ("set_settings", "look_back", "set_when", "pick_cell", "go_step"):
        answer = httpx.post(
            f"{address}gradio_api/call/{name}", json={"data": ["no token", HOSTILE]}, timeout=10
        )
        if answer.status_code == 200:
            said = httpx.get(
                f"{address}gradio_api/call/{name}/{json.loads(answer.text)['event_id']}", timeout=10
            )
            assert "error" in said.text
    assert len(studio.asked) == before


def test_no_unnamed_endpoint_is_public(served: tuple[str, FakeStudio]) -> None:
    info = httpx.get(f"{served[0]}gradio_api/info", timeout=10).json()
    assert not [name for name in info["named_endpoints"] if "lambda" in name]
    assert not info["unnamed_endpoints"]


def test_stop_acts_on_whatever_is_under_way(served: tuple[str, FakeStudio], call: Any) -> None:
    call("stop_job")
    assert served[1].asked[-1] == "stop None"


def test_no_event_makes_the_page_clone_all_that_it_paints(tmp_path: Path) -> None:
    blocks = build(FakeStudio(), tmp_path, [tmp_path])  # type: ignore[arg-type]
    served = [fn for fn in blocks.fns.values() if fn.fn is not None]
    assert len(served) > 40
    assert all(fn.show_progress_on == [fn.inputs[0]] for fn in served)  # the hidden token
