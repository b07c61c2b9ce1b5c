"""Who owns what after the merge, against loops over the owner map."""

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from obim.insight.heads import KINDS, heads_of
from obim.merging.plan import row_axis
from obim.runs.advancing import run_advance, run_back
from obim.runs.bench import Bench
from obim.runs.folder import RunFolder
from obim.runs.jobs import Advance, Back, Owners
from obim.runs.naming import group_of
from obim.runs.who_owns import read_owners
from tests.runs.test_zooming import desk, make_bench

TURNS = 5
HEADS = {
    "llama": {"query": 4, "key": 2, "value": 2, "output": 4},
    "qwen3": {"query": 4, "key": 2, "value": 2, "output": 4},
    "gpt2": {"query": 4, "key": 4, "value": 4, "output": 4},
}
WIDTH = {"llama": 4, "qwen3": 8, "gpt2": 4}


@pytest.fixture(params=["llama", "qwen3", "gpt2"])
def family(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def bench(tmp_path: Path, family: str) -> Bench:
    made = make_bench(tmp_path, family, exclude=("*norm*",))
    run_advance(made, Advance(TURNS, "off"), desk(made))
    return made


def rows_of(bench: Bench, name: str) -> list[list[int]]:
    """The donor (counted from 1) that owns each position, outputs down, later turns left out."""
    assert bench.merge is not None
    shape = bench.base.tensors[name].shape
    donor_of = {v.number: v.donor + 1 for v in bench.plan.visits[:TURNS]} | {0: 0}
    map_ = torch.from_numpy(bench.merge.owner[name].copy()).reshape(shape)
    if map_.ndim < 2:
        return [[donor_of[t] for t in map_.tolist()]]
    turned = row_axis(bench.base.config, name) == 1
    return [[donor_of[t] for t in row] for row in (map_.T if turned else map_).tolist()]


def owned(cells: Any) -> list[int]:
    cells = list(cells)
    return [cells.count(k + 1) for k in range(3)]


def test_layers_and_modules_add_up_what_each_donor_owns(bench: Bench) -> None:
    told = read_owners(bench, Owners())
    cells = {n: list(itertools.chain(*rows_of(bench, n))) for n, _ in bench.sizes()}
    for row in told["layers"]:
        mine = [n for n in cells if group_of(n) == (row["label"], row["layer"])]
        assert row["size"] == sum(len(cells[n]) for n in mine)
        assert row["owned"] == owned(itertools.chain(*(cells[n] for n in mine)))
    for row in told["modules"]:
        end = {"bias": ".bias"}.get(row["name"].split(".")[-1], ".weight")
        stem = row["name"].removesuffix(".bias")
        mine = [n for n in cells if n.endswith(f"{stem}{end}")]
        assert mine
        assert row["size"] == sum(len(cells[n]) for n in mine)
        assert row["owned"] == owned(itertools.chain(*(cells[n] for n in mine)))
    for rows in (told["layers"], told["modules"]):
        assert sum(row["size"] for row in rows) == sum(map(len, cells.values()))


def test_turns_claimed_what_the_journal_says(bench: Bench) -> None:
    told, turns = read_owners(bench, Owners()), bench.reader.turns()
    names = [row["name"] for row in told["modules"]]
    assert len(told["turns"]) == len(turns) == TURNS
    for row, turn in zip(told["turns"], turns, strict=True):
        assert (row["number"], row["round"], row["donor"]) == (turn.number, turn.round, turn.donor)
        assert row["claimed"] == sum(row["modules"]) == sum(turn.claimed) > 0
        assert len(row["modules"]) == len(names)
    for i in range(len(names)):
        for k in range(3):
            sums = sum(row["modules"][i] for row in told["turns"] if row["donor"] == k)
            assert sums == told["modules"][i]["owned"][k]


def test_heads_own_their_rows_and_columns(bench: Bench, family: str) -> None:
    told, width = read_owners(bench, Owners()), WIDTH[family]
    assert {kind["kind"]: kind["count"] for kind in told["heads"]} == HEADS[family]
    for kind in told["heads"]:
        (layer,) = kind["layers"]
        rows = rows_of(bench, layer["tensor"])
        grid = rows if layer["axis"] == 0 else [list(column) for column in zip(*rows, strict=True)]
        before = KINDS.index(kind["kind"]) if family == "gpt2" and layer["axis"] == 0 else 0
        for h in range(kind["count"]):
            first = (before * 4 + h) * width
            assert layer["lines"][h] == [first, first + width]
            cells = list(itertools.chain(*grid[first : first + width]))
            assert len(cells) == layer["size"]
            assert [mine[h] for mine in layer["owned"]] == owned(cells)


def test_it_follows_the_turn_that_is_shown(bench: Bench) -> None:
    whole = read_owners(bench, Owners())
    early = read_owners(bench, Owners(2))
    assert early["turn"] == 2
    assert early["turns"] == whole["turns"][:2]
    assert read_owners(bench, Owners(0))["layers"][0]["owned"] == [0, 0, 0]
    run_back(bench, Back(2), desk(bench))
    assert read_owners(bench, Owners()) == early
    assert read_owners(Bench(RunFolder(bench.folder.path)), Owners()) == early


def test_before_the_first_turn_nobody_owns_anything(tmp_path: Path) -> None:
    told = read_owners(make_bench(tmp_path, "llama"), Owners())
    assert told["turns"] == []
    assert all(row["owned"] == [0, 0, 0] for row in told["layers"] + told["modules"])


def test_heads_that_are_woven_together_or_do_not_fit() -> None:
    config = {"model_type": "gpt_neox", "num_attention_heads": 2, "hidden_size": 6}
    name = "gpt_neox.layers.0.attention.query_key_value.weight"
    found = heads_of(config, name, (18, 6))
    order = ["query", "key", "value"]
    for line in range(18):  # head, then query, key, value, then the width
        head, rest = divmod(line, 9)
        mine = [(h.kind, int(h.lines(18)[line])) for h in found if h.lines(18)[line] >= 0]
        assert mine == [(order[rest // 3], head)]
    assert heads_of(config | {"model_type": "falcon"}, name, (18, 6)) == ()
    assert heads_of(config, name, (17, 6)) == ()
    assert heads_of({"model_type": "mamba", "hidden_size": 6}, name, (18, 6)) == ()
    assert heads_of(config, "gpt_neox.layers.0.mlp.q_proj.weight", (6, 6)) == ()
    nested = {"text_config": config | {"head_dim": 4, "num_key_value_heads": 1}}
    (keys,) = heads_of(nested, "model.layers.0.self_attn.k_proj.weight", (4, 6))
    assert np.unique(keys.lines(4)).tolist() == [0]
    assert heads_of(nested, "model.layers.0.self_attn.q_proj.weight", (6, 6)) == ()
