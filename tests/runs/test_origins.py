"""What may be said of a model in public: a name without a path, a licence as its card has it."""

from pathlib import Path

import pytest

from obim.runs.origins import read_origin, read_origins
from obim.types import Donor, MergeSpec

CARDS = {
    "---\nlicense: apache-2.0\n---\n# x": "apache-2.0",
    "\ufeff---\nlicense: mit\nbase_model: a/b\n---\n": "mit",
    "---\nlicense: other\nlicense_name: llama3\n---\n": "llama3",
    "---\nlicense: other\n---\n": "other",
    "---\nlicense: [mit, apache-2.0]\n---\n": "mit, apache-2.0",
    "---\nlicense: 7\n---\n": "",
    "---\nlicense: mit\n": "",
    "---\n- a list\n---\n": "",
    "---\na: [\n---\n": "",
    "# no front matter\nlicense: mit\n": "",
    "": "",
}


@pytest.mark.parametrize(("card", "licence"), CARDS.items())
def test_the_licence_is_what_the_card_says(
    tiny_base: Path, tmp_path: Path, card: str, licence: str
) -> None:
    folder = tmp_path / "secret" / "my-model"
    folder.mkdir(parents=True)
    (folder / "config.json").write_bytes((tiny_base / "config.json").read_bytes())
    (folder / "README.md").write_text(card, encoding="utf-8")
    origin = read_origin(str(folder))
    assert (origin.title, origin.licence) == ("my-model", licence)


def test_a_model_that_is_gone_or_has_no_card_states_nothing(tmp_path: Path) -> None:
    assert read_origin(str(tmp_path / "gone")).licence == ""
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "README.md").write_bytes(b"---\nlicense: \xff\n---\n")
    assert read_origin(str(tmp_path / "here")).licence == ""


def test_the_demos_models_state_theirs_without_being_prepared(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("obim.models.demo.prepare_demo_base", lambda: pytest.fail("prepared"))
    base = read_origin("demo:base")
    assert (base.title, base.licence) == ("HuggingFaceTB/SmolLM2-135M-Instruct", "Apache-2.0")
    spec = MergeSpec(base="demo:base", donors=(Donor(name="d", source="demo:dates"),))
    assert read_origins(spec)["demo:dates"].licence == "apache-2.0"


def test_a_model_of_the_hub_is_called_as_people_write_it() -> None:
    assert read_origin("hub:org/name@0123").title == "org/name@0123"
