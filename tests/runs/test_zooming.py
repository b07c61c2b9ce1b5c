"""The look inside one tensor, against python loops over every single position."""

import base64
import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from obim.errors import RunError
from obim.merging.kernels import allotment
from obim.merging.plan import row_axis
from obim.runs import memory
from obim.runs.advancing import run_advance, run_back
from obim.runs.bench import Bench
from obim.runs.calibrating import prepare
from obim.runs.desk import Desk, Quiet
from obim.runs.folder import RunFolder
from obim.runs.jobs import Advance, Back, Inside
from obim.runs.zooming import read_inside
from obim.types import Donor, MergeSpec
from tests.tiny import save_donor, save_tiny

DENSITIES = (0.4, 0.35, 0.5)
LLAMA = "model.layers.0.mlp.down_proj.weight"
GPT2 = "transformer.h.0.attn.c_attn.weight"


def make_bench(root: Path, family: Any, **more: Any) -> Bench:
    base = save_tiny(root / "base", family, layers=1, dtype=torch.bfloat16)
    donors = tuple(
        Donor(
            name=f"d{i}", density=density, scale=1.0 + i / 4,
            source=str(save_donor(root / f"d{i}", base, seed=i + 5, share=0.8)),
        )
        for i, density in enumerate(DENSITIES)
    )  # fmt: skip
    values = {"estimator": "magnitude", "rounds": 2, **more}
    spec = MergeSpec.model_validate({"base": str(base), "donors": donors, **values})
    return Bench(RunFolder.create(root / "runs", spec))


def desk(bench: Bench) -> Desk:
    return Desk.open(bench.folder, "advance", None)


def as_rows(bench: Bench, name: str, values: torch.Tensor) -> list[list[float]]:
    """Outputs down, as python lists."""
    if values.ndim < 2:
        return [values.tolist()]
    return (values.T if row_axis(bench.base.config, name) == 1 else values).tolist()


def tops(bench: Bench, name: str) -> list[list[list[bool]]]:
    """Each donor's top-density set in the shape of the picture, by sorting (tensor or row)."""
    base, spec = bench.base.read(name).float(), bench.spec
    made = []
    for k, donor in enumerate(bench.donors):
        delta = donor.delta(name)
        assert delta is not None
        candidate = (base + spec.donors[k].scale * delta).bfloat16()
        saliency = as_rows(bench, name, 0.5 * delta.square())
        claimable = as_rows(bench, name, candidate != base.bfloat16())
        places = [(r, c) for r, row in enumerate(saliency) for c in range(len(row))]
        turned = row_axis(bench.base.config, name) == 1 and spec.scope == "tensor"
        places.sort(key=lambda p: (p[1], p[0]) if turned else p)  # ties: the order of the file
        fields = [places]
        if spec.scope == "row":
            fields = [[p for p in places if p[0] == r] for r in range(len(saliency))]
        chosen = set()
        for field in fields:
            n = allotment(DENSITIES[k], len(field), 1, 1)
            ranked = sorted(field, key=lambda p: -saliency[p[0]][p[1]])
            chosen |= set([p for p in ranked if claimable[p[0]][p[1]]][:n])
        made.append([[(r, c) in chosen for c in range(len(row))] for r, row in enumerate(saliency)])
    return made


def category(bench: Bench, name: str, sets: Any, r: int, c: int) -> int:
    """0 nobody, k + 1 donor k alone, 4 several, 5 several in opposite directions."""
    wanting = [k for k in range(3) if sets[k][r][c]]
    if len(wanting) < 2:
        return wanting[0] + 1 if wanting else 0
    deltas = [bench.donors[k].delta(name) for k in wanting]
    signs = {as_rows(bench, name, d)[r][c] > 0 for d in deltas if d is not None}
    return 4 if len(signs) == 1 else 5


def unpack(text: str, shape: tuple[int, ...], kind: str) -> Any:
    return np.frombuffer(base64.b64decode(text), kind).reshape(shape)


def by_hand(told: dict[str, Any], at: Any, kinds: int) -> list[list[list[int]]]:
    rows, columns = told["row_edges"], told["col_edges"]
    grid = []
    for top, bottom in itertools.pairwise(rows):
        line = []
        for left, right in itertools.pairwise(columns):
            counts = [0] * kinds
            for r in range(top, bottom):
                for c in range(left, right):
                    counts[at(r, c)] += 1
            line.append(counts)
        grid.append(line)
    return grid


@pytest.mark.parametrize(("family", "name"), [("llama", LLAMA), ("gpt2", GPT2)])
@pytest.mark.parametrize("scope", ["tensor", "row"])
@pytest.mark.parametrize("window", [None, (1, 14, 2, 15), (3, 9, 4, 12)])
def test_who_wants_each_block_is_counted_one_by_one(
    tmp_path: Path, family: str, name: str, scope: str, window: Any
) -> None:
    bench = make_bench(tmp_path, family, scope=scope)
    told = read_inside(bench, Inside(name, window=window, size=8))
    sets = tops(bench, name)
    height, width = len(sets[0]), len(sets[0][0])
    assert told["shape"] == [height, width]
    assert told["window"] == list(window or (0, height, 0, width))
    wanted = by_hand(told, lambda r, c: category(bench, name, sets, r, c), 6)
    shape = told["rows"], told["cols"], 6
    assert unpack(told["counts"], shape, f"u{told['bytes']}").tolist() == wanted
    assert told["totals"] == np.array(wanted).sum(axis=(0, 1)).tolist()
    assert min(told["totals"]) > 0
    rows, columns = told["members"]
    for k in range(3):
        across = range(*told["window"][2:])
        down = range(*told["window"][:2])
        for i, (a, b) in enumerate(itertools.pairwise(told["row_edges"])):
            assert rows[i][k] == sum(sets[k][r][c] for r in range(a, b) for c in across)
        for i, (a, b) in enumerate(itertools.pairwise(told["col_edges"])):
            assert columns[i][k] == sum(sets[k][r][c] for c in range(a, b) for r in down)


def test_blocks_cover_every_row_and_column_once(tmp_path: Path) -> None:
    told = read_inside(make_bench(tmp_path, "llama"), Inside(LLAMA, size=11))
    for edges, length in zip((told["row_edges"], told["col_edges"]), told["shape"], strict=True):
        assert (edges[0], edges[-1], len(edges)) == (0, length, 12)
        assert {b - a for a, b in itertools.pairwise(edges)} <= {length // 11, length // 11 + 1}


def test_global_sets_are_those_of_the_whole_model(tmp_path: Path) -> None:
    """Every position of the model sorted at once, names and then indices breaking ties."""
    bench = make_bench(tmp_path, "llama", scope="global", dtype="float32")
    names = [n for n, _ in bench.sizes()]
    sets: dict[str, list[set[int]]] = {name: [] for name in names}
    keys: list[list[tuple[float, int, int]]] = []
    claimable: set[tuple[int, int]] = set()
    for k, donor in enumerate(bench.donors):
        keys.append([])
        for i, name in enumerate(names):
            delta, base = donor.delta(name), bench.base.read(name).float()
            assert delta is not None
            square = 0.5 * delta.square()
            assert bench.plan.rankings[k].shares is False
            moved = base + bench.spec.donors[k].scale * delta != base
            for at, (value, free) in enumerate(
                zip(square.reshape(-1).tolist(), moved.reshape(-1).tolist(), strict=True)
            ):
                if free:
                    keys[k].append((-value, i, at))
                    claimable.add((i, at))
    for k, own in enumerate(keys):
        n = allotment(DENSITIES[k], len(claimable), 1, 1)
        for name in names:
            sets[name].append(set())
        for _, i, at in sorted(own)[:n]:
            sets[names[i]][k].add(at)
    prepare(bench, Quiet())
    for name in (LLAMA, "model.norm.weight"):
        told = read_inside(bench, Inside(name, size=8))
        mine = [sum(column) for column in zip(*told["members"][0], strict=True)]
        assert mine == [len(s) for s in sets[name]]
        several = [at for at in set.union(*sets[name]) if sum(at in s for s in sets[name]) > 1]
        assert told["totals"][4] + told["totals"][5] == len(several)


def test_single_weights_tell_every_donors_delta_and_saliency(tmp_path: Path) -> None:
    for family, name in (("llama", LLAMA), ("gpt2", GPT2), ("llama", "model.norm.weight")):
        bench = make_bench(tmp_path / name, family)
        tall = name != "model.norm.weight"
        window = (3, 9, 2, 7) if tall else (0, 1, 5, 11)
        told = read_inside(bench, Inside(name, window=window, size=8))
        top, bottom, left, right = window
        shape = 3, bottom - top, right - left
        deltas = unpack(told["values"]["delta"], shape, "f4")
        saliency = unpack(told["values"]["saliency"], shape, "f4")
        codes = unpack(told["values"]["codes"], shape[1:], f"u{told['values']['code_bytes']}")
        sets = tops(bench, name)
        for k, donor in enumerate(bench.donors):
            delta = donor.delta(name)
            assert delta is not None
            rows = as_rows(bench, name, delta)
            for r, c in itertools.product(range(top, bottom), range(left, right)):
                assert deltas[k, r - top, c - left] == np.float32(rows[r][c])
                assert saliency[k, r - top, c - left] == pytest.approx(rows[r][c] ** 2 / 2)
                assert bool(codes[r - top, c - left] >> k & 1) == sets[k][r][c]
    assert read_inside(bench, Inside(name, size=8))["values"] is None


@pytest.mark.parametrize(("family", "name"), [("llama", LLAMA), ("gpt2", GPT2)])
def test_who_got_what_follows_the_turn(tmp_path: Path, family: str, name: str) -> None:
    bench = make_bench(tmp_path, family)
    assert read_inside(bench, Inside(name, "got"))["totals"][1:] == [0, 0, 0]
    run_advance(bench, Advance(5, "off"), desk(bench))
    assert bench.merge is not None
    shape = bench.base.tensors[name].shape
    owner = as_rows(bench, name, torch.from_numpy(bench.merge.owner[name].reshape(shape).copy()))
    donor_of = {visit.number: visit.donor + 1 for visit in bench.plan.visits}
    for turn in (None, 0, 2, 5):
        last = 5 if turn is None else turn
        told = read_inside(bench, Inside(name, "got", size=8, turn=turn))

        def has(r: int, c: int, last: int = last) -> int:
            return donor_of[int(owner[r][c])] if 0 < owner[r][c] <= last else 0

        hand = by_hand(told, has, 4)
        assert told["turn"] == last
        shape_of = told["rows"], told["cols"], 4
        assert unpack(told["counts"], shape_of, f"u{told['bytes']}").tolist() == hand
        turns = read_inside(bench, Inside(name, "turns", size=8, turn=turn))
        each = by_hand(turns, lambda r, c: int(owner[r][c]) * bool(has(r, c)), 6)
        most = unpack(turns["counts"], (*shape_of[:2], 3), f"u{turns['bytes']}")
        for i, j in itertools.product(range(turns["rows"]), range(turns["cols"])):
            claimed = each[i][j][1:]
            assert most[i, j].tolist() == [
                claimed.index(max(claimed)) + 1 if any(claimed) else 0, max(claimed), sum(claimed)
            ]  # fmt: skip
        assert turns["totals"] == np.array(each).sum(axis=(0, 1)).tolist()[: last + 1]
    run_back(bench, Back(1), desk(bench))
    assert len(read_inside(bench, Inside(name, "turns"))["totals"]) == 2


def test_the_owner_map_is_read_from_the_folder_too(tmp_path: Path) -> None:
    bench = make_bench(tmp_path, "llama")
    run_advance(bench, Advance(4, "off"), desk(bench))
    told = read_inside(bench, Inside(LLAMA, "got"))
    again = read_inside(Bench(RunFolder(bench.folder.path)), Inside(LLAMA, "got"))
    assert again == told
    assert sum(told["totals"][1:]) > 0


def test_the_histogram_counts_claimable_and_contested_positions(tmp_path: Path) -> None:
    bench = make_bench(tmp_path, "llama")
    told = read_inside(bench, Inside(LLAMA, size=8))
    base, sets = bench.base.read(LLAMA).float(), tops(bench, LLAMA)
    found = told["histogram"]
    halves = np.array(found["edges"]) / np.log10(2) * 2
    assert np.allclose(halves, halves.round())
    edges = np.exp2(halves.round() / 2)  # exact where values lie on them: two bins an octave
    several = np.array(sets).sum(axis=0) > 1
    for k, donor in enumerate(bench.donors):
        delta = donor.delta(LLAMA)
        assert delta is not None
        claimable = (base + bench.spec.donors[k].scale * delta).bfloat16() != base.bfloat16()
        saliency = (0.5 * delta.square()).numpy()
        free = claimable.numpy()
        for mask, kind in ((free, "all"), (free & several, "contested")):
            counts = np.histogram(saliency[mask], bins=edges)[0]
            assert counts.tolist() == found[kind][k]
            assert sum(found[kind][k]) == mask.sum() > 0
    assert found["zeros"] == [[0, 0]] * 3


def test_what_is_not_there_is_refused(tmp_path: Path) -> None:
    bench = make_bench(tmp_path, "llama", exclude=("model.norm*",))
    bad = (
        Inside("nothing"),
        Inside("model.norm.weight"),
        Inside(LLAMA, window=(0, 17, 0, 4)),
        Inside(LLAMA, window=(4, 4, 0, 4)),
        Inside(LLAMA, window=(0, 4, -1, 4)),
        Inside(LLAMA, size=4096),
    )
    for request in bad:
        with pytest.raises(RunError):
            read_inside(bench, request)
    bench.spec = bench.spec.model_copy(update={"scope": "global"})
    with pytest.raises(RunError, match="Take a turn"):
        read_inside(bench, Inside(LLAMA))
    assert bench.merge is None  # a look prepares nothing


def test_a_tensor_that_would_not_fit_into_memory_is_refused_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = make_bench(tmp_path, "llama")
    held = bench.base.tensors[LLAMA].numel * (2 + 3 * (4 + 2))  # stored, keys and candidates
    monkeypatch.setattr(memory, "free_memory", lambda device: held)
    with pytest.raises(RunError, match="GB are free"):
        read_inside(bench, Inside(LLAMA))
    monkeypatch.setattr(memory, "free_memory", lambda device: 3 * held)
    assert read_inside(bench, Inside(LLAMA))["tensor"] == LLAMA
