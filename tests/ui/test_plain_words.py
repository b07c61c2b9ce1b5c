"""The page says what donors do, and what its figures and marks mean."""

import ast
import json
from pathlib import Path
from typing import Any

import pytest

from obim import (
    Advance,
    Back,
    Calibrate,
    Donor,
    Evaluate,
    Export,
    JobState,
    MergeSpec,
    RunState,
    Sentence,
    demo_skills,
    recommended,
    stock,
)
from obim.runs.needs import Needs
from tests.ui.fake_studio import HOSTILE, FakeStudio, made
from ui import views
from ui.i18n import t
from ui.painting.wording import count, number_format
from ui.session import Session

MANIFEST = json.loads(
    (Path(__file__).parents[2] / "assets" / "demo" / "demo.json").read_text(encoding="utf-8")
)
SKILLS = {entry["id"]: entry for entry in [*MANIFEST["skills"], MANIFEST["forgetting"]]}


def page(studio: FakeStudio, state: RunState, **session: Any) -> dict[str, dict[str, Any]]:
    return views.page(state, Session(**session), studio.models())


def test_every_donor_of_the_demo_has_words() -> None:
    assert {f"demo:{name}" for name in SKILLS} == set(demo_skills())


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_cards_and_list_say_what_a_donor_does(studio: FakeStudio, lang: str) -> None:
    shown = page(studio, made(studio), lang=lang)
    base, dates, *_ = shown["cards"]["cards"]
    told = SKILLS["dates"]
    assert (base["about"], base["example"]) == ("", None)
    assert told["title"][lang] in dates["about"]
    assert told["description"][lang] in dates["about"]
    assert dates["example"] == [told["example"]["prompt"], told["example"]["answer"]]
    assert (f"Dates (demo) ({told['title'][lang]})", "demo:dates") in shown["donors"]["choices"]


def test_of_a_folder_the_page_makes_nothing_up(studio: FakeStudio) -> None:
    own = MergeSpec(base="/models/base", donors=(Donor(name="own", source="/models/own"),))
    shown = page(studio, made(studio, Calibrate(), Advance(1), Export("m", "bfloat16"), spec=own))
    assert shown["cards"]["cards"][1]["about"] == ""
    assert "'Hello'" in shown["result"]["snippet"]
    assert shown["stepper"]["steps"][0]["note"] == "1 donor"


def test_models_say_what_merging_takes_and_what_will_not_do(studio: FakeStudio) -> None:
    plenty = Needs(
        seconds=400.0, measuring=0.0, memory=3 * 10**9, memory_free=8 * 10**9, disk=4 * 10**8,
        disk_free=10**12,
    )  # fmt: skip
    state = made(studio)
    assert shown(state, "needs") == ("plain", [])
    state = state.model_copy(update={"needs": plenty})
    assert shown(state, "needs") == (
        "plain",
        ["On this machine merging takes about 7 min, 3.0 GB of memory and 400.0 MB of disk."],
    )
    assert shown(state, "needs", emptied=True) == ("plain", [])
    assert shown(state.model_copy(update={"mergeable": False}), "needs") == ("plain", [])
    short = {"memory_free": 2 * 10**9, "disk_free": 10**8, "seconds": None, "measuring": 9000.0}
    state = state.model_copy(update={"needs": plenty.model_copy(update=short)})
    tone, (sizes, texts, memory, disk) = shown(state, "needs")
    assert tone == "warn"
    assert "7 min" not in sizes
    assert "2.5 h" in texts
    assert "2.0 GB" in memory
    assert "100.0 MB" in disk
    assert "空きメモリー 2.0 GB" in shown(state, "needs", lang="ja")[1][2]


def test_turns_without_scores_say_why(studio: FakeStudio) -> None:
    state = made(studio, Calibrate(), Advance(1))
    assert shown(state, "unscored") == ("plain", [])
    state = state.model_copy(update={"unscored": Sentence("Too large.")})
    assert shown(state, "unscored") == (
        "warn",
        ["The last turns were merged, but not scored. Too large."],
    )


def shown(state: RunState, name: str, **session: Any) -> tuple[str, list[str]]:
    """Tone and lines of a note."""
    value = views.page(state, Session(**{"lang": "en", **session}), ())[name]
    return value["tone"], value["lines"]


def test_the_base_has_one_name(studio: FakeStudio) -> None:
    shown = page(studio, made(studio))
    listed = {ref: label for label, ref in shown["base"]["choices"]}["demo:base"]
    assert shown["cards"]["cards"][0]["name"] == listed
    assert listed in shown["plan"]["lines"][0]
    assert shown["stepper"]["steps"][0]["note"] == "3 donors"


def test_the_snippet_asks_what_a_donor_can_do(studio: FakeStudio) -> None:
    state = made(studio, Calibrate(), Advance(1), Export("m", "bfloat16"))
    tree = ast.parse(page(studio, state)["result"]["snippet"])
    texts = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    assert SKILLS["dates"]["example"]["prompt"] in texts
    assert "/exports/m" in texts


def test_bars_that_are_no_layer_are_named_and_explained(studio: FakeStudio) -> None:
    state = made(studio, Calibrate()).model_copy(
        update={"groups": (("embed", None), ("layer 0", 0), ("norm", None), ("head", None)),
                "group_sizes": (10, 10, 10, 10)}
    )  # fmt: skip
    shown = page(studio, state)["occupancy"]
    assert [x["label"] for x in shown["layers"] if x["outside"]] == ["Emb.", "Norm", "Out"]
    assert [x["label"] for x in shown["layers"] if not x["outside"]] == ["0"]
    assert shown["x_note"] == "Emb.: Embedding, Norm: Last norm, Out: Output layer"


def test_the_summary_reads_as_words(studio: FakeStudio) -> None:
    lines = page(studio, made(studio))["summary"]["lines"]
    assert "Rounds: 4, turns: 12." in lines[0]
    assert "Dates up to 30\u00a0%, scale 1.2; Orders up to 20\u00a0%, scale 1;" in lines[1]
    assert lines[1].startswith("Each donor may claim a share of each tensor")


def test_each_share_of_a_merge_says_what_it_is_a_share_of(studio: FakeStudio) -> None:
    state = made(studio, Calibrate(), Advance(1))
    sizes = (134_515_008,) + (0,) * (len(state.groups) - 1)
    state = state.model_copy(update={"group_sizes": sizes})
    told = " ".join(page(studio, state)["summary"]["lines"])
    assert "of all weights these are: Dates" in told
    assert "below are of all weights that may change (134.5 million)." in told
    assert "(1億3,450万)" in " ".join(page(studio, state, lang="ja")["summary"]["lines"])
    by_row = state.spec.model_copy(update={"scope": "row"})
    other = page(studio, made(studio, spec=by_row))["summary"]["lines"][1]
    assert "a share of each row of weights" in other


@pytest.mark.parametrize(
    ("n", "english", "japanese"),
    [
        (999_999, "999,999", "999,999"), (3_000_000, "3.0 million", "300万"),
        (134_515_008, "134.5 million", "1億3,450万"), (100_040_000, "100.0 million", "1億"),
        (1_543_714_304, "1.5 billion", "15億"), (70_553_706_496, "70.6 billion", "706億"),
    ],
)  # fmt: skip
def test_large_numbers_are_words_of_the_language(n: int, english: str, japanese: str) -> None:
    assert (count("en", n), count("ja", n)) == (english, japanese)


def test_terms_are_explained_where_they_first_stand(studio: FakeStudio) -> None:
    shown = page(studio, made(studio, Calibrate(), Advance(1)))
    for name in ("saliency_facts", "summary"):
        assert "bfloat16 (16 bits a weight)" in " ".join(shown[name]["lines"])
    assert (number_format("en", "float32"), number_format("ja", "float16")) == (
        "float32 (32 bits a weight)", "float16(1 重みあたり 16 ビット)",
    )  # fmt: skip
    for lang, words in (("en", "matrix of weights"), ("ja", "行列")):
        for key in ("saliency.colour.change", "merge.about_each.tensor"):
            assert words in t(lang, key)


def test_a_merge_that_only_scores_says_so(studio: FakeStudio) -> None:
    state = made(studio, Calibrate(), Advance(1))
    for phase, title in (("claim", "Merge: running"), ("evaluate_cpu", "Merge: scoring")):
        job = JobState(kind="advance", status="running", fraction=0.1, phase=phase)
        busy = state.model_copy(update={"job": job})
        assert page(studio, busy, screen=3)["jobbar"]["text"] == title


def test_one_donor_is_not_spoken_of_as_many(studio: FakeStudio) -> None:
    spec = studio.default_spec()
    alone = page(studio, made(studio, spec=spec.model_copy(update={"donors": spec.donors[:1]})))
    assert "one donor (Dates) is merged" in alone["plan"]["lines"][0]
    assert "3 donors (" in page(studio, made(studio))["plan"]["lines"][0]


def test_there_is_no_next_after_the_last_screen(studio: FakeStudio) -> None:
    shown = [page(studio, made(studio), screen=i)["next_screen"]["visible"] for i in range(6)]
    assert shown == [True, True, True, True, True, False]


def test_figures_of_other_settings_are_not_shown(studio: FakeStudio) -> None:
    state = made(studio, Calibrate(), Advance(1))
    studio.submit(state.id, Back(0))
    state = studio.state(state.id)
    other = state.spec.model_copy(update={"rounds": 5}).model_dump_json()

    def figures(**session: Any) -> tuple[list[str], bool]:
        shown = page(studio, state, **session)
        turns, _, contested, *_ = [item["value"] for item in shown["counters"]["items"]]
        return [turns, contested], "after rounding" in " ".join(shown["summary"]["lines"])

    assert figures() == (["0/12", "11.7\u00a0%"], True)
    assert figures(draft=other) == (["0/15", "–"], False)


def test_the_preset_in_force_is_marked_and_stock_is_explained(studio: FakeStudio) -> None:
    donors = tuple(Donor(name=n, source=f"demo:{n}") for n in ("dates", "amounts", "mails"))
    bare = MergeSpec(base="demo:base", donors=donors)
    best = recommended(bare)
    assert best is not None
    own = best.model_copy(update={"rounds": best.rounds + 1})
    marks = []
    for spec in (best, stock(bare), own):
        shown = page(studio, made(studio, spec=spec))
        assert shown["recommended"]["visible"]
        marks.append([shown[name]["value"].startswith("✓") for name in ("recommended", "stock")])
        assert "33.3\u00a0%" in shown["preset_note"]["lines"][-1]
    assert marks == [[True, False], [False, True], [False, False]]
    tried = page(studio, made(studio, spec=best), draft=stock(bare).model_dump_json())
    assert tried["stock"]["value"] == "✓ Stock OBIM"


def test_nothing_is_recommended_where_nothing_was_tried(studio: FakeStudio) -> None:
    shown = page(studio, made(studio))
    assert not shown["recommended"]["visible"]
    assert len(shown["preset_note"]["lines"]) == 1


def test_a_file_of_ones_own_comes_with_its_rules(studio: FakeStudio) -> None:
    state = made(studio)
    assert page(studio, state)["file_help"]["lines"] == []
    (line,) = page(studio, state, calibration=["file", None, None])["file_help"]["lines"]
    assert all(word in line for word in (".txt", ".csv", ".jsonl", "'prompt'", "'answer'"))


def test_a_prompt_to_begin_with_and_one_of_every_donor(studio: FakeStudio) -> None:
    shown = page(studio, made(studio))
    assert shown["prompt"]["value"] == SKILLS["dates"]["example"]["prompt"]
    buttons = [shown[f"example{i}"] for i in range(4)]
    assert [b["value"] for b in buttons if b["visible"]] == ["Dates", "Orders", HOSTILE]
    typed = page(studio, made(studio), chat={"prompt": ""})
    assert typed["prompt"]["value"] == ""


def test_an_answer_that_was_cut_says_so_and_one_on_its_way_too(studio: FakeStudio) -> None:
    def answer(cut_at: int) -> dict[str, Any]:
        told = {"model": "base", "turn": None, "text": "May", "cut_at": cut_at}
        return page(studio, made(studio), chat={"left_answer": told})["left_text"]

    assert "64" in answer(64)["info"]
    assert answer(0)["info"] == ""
    waiting = page(studio, made(studio), chat={"asking": True})["left_text"]
    assert (waiting["value"], waiting["placeholder"]) == ("", "Answering ...")


def test_the_merge_comes_first_in_the_table(studio: FakeStudio) -> None:
    asked = ("base", "Dates", "ties", "merged")
    state = made(studio, Calibrate(), Advance(1), Evaluate(asked, ("a",), 40))
    groups = page(studio, state)["scores"]["groups"]
    models = [row for group in groups for row in group["rows"]]
    assert [m["name"] for m in models] == ["OBIM", "Base", "Dates", "TIES"]
    assert [m["strong"] for m in models] == [True, False, False, False]
