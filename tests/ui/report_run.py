"""A run with everything a report can be about, its verdicts computed by the engine's own board."""

import random
from typing import Any

from obim import (
    Advance,
    Calibrate,
    Export,
    InterferenceState,
    RunState,
    ScoreState,
    SkillState,
    TensorInterference,
)  # fmt: skip
from obim.runs.boarding import Boards, Entry
from obim.types import ItemResult
from tests.ui.fake_studio import HOSTILE, FakeStudio

GENERAL = SkillState(id="general", title={"en": "General", "ja": "一般"}, donor=None, items=150)
RATES = {
    "dates": {"base": 0.05, "Dates": 0.8, "merged": 0.75, "linear": 0.4},
    "orders": {"base": 0.1, "Orders": 0.9, "merged": 0.5, "linear": 0.45},
    "hostile": {"base": 0.4, HOSTILE: 0.6, "merged": 0.45, "linear": 0.41},
    "general": {"base": 0.6, "Dates": 0.4, "merged": 0.6, "linear": 0.5},
}
"""Skill -> model -> share of right answers, about."""


def entries(
    rates: dict[str, dict[str, float]], quick: bool, turn: int, n: int = 150
) -> list[Entry]:
    """Made-up answers: the items that are easy for one model are easy for the others."""
    found = []
    for skill, models in rates.items():
        for model, rate in models.items():
            draw = random.Random(f"{skill} {model}")
            ease = [random.Random(f"{skill} {i}").random() for i in range(n)]
            right = [float(0.8 * ease[i] + 0.2 * draw.random() < rate) for i in range(n)]
            score = sum(right) / n
            state = ScoreState(
                skill=skill, model=model, turn=turn if model == "merged" else None, quick=quick,
                evaluator="exact_match", n=n, score=score, low=score * 0.9,
                high=min(1.0, score * 1.1 + 0.01), mean_tokens=50.0,
            )  # fmt: skip
            items = {str(i): ItemResult(str(i), value) for i, value in enumerate(right)}
            found.append(Entry(state, items))
    return found


def compared(done: bool = True) -> InterferenceState:
    """Three donors over three layers of two modules; the last of them can change q_proj only."""
    parts = []
    for i, (module, donors) in enumerate([("q_proj", 3), ("v_proj", 2)] * 3):
        layer, n = i // 2, range(donors)
        wanted = tuple(tuple(100 if a == b else 20 + 5 * a + layer for b in n) for a in n)
        both = tuple(tuple(max(wanted[a][b], wanted[b][a]) for b in n) for a in n)
        parts.append(
            TensorInterference(
                tensor=f"model.layers.{layer}.{module}", layer=layer, module=module, positions=1000,
                donors=tuple(n), wanted=both, claimable=tuple((900,) * donors for _ in n),
                products=tuple(tuple(1.0 if a == b else 0.2 for b in n) for a in n),
                opposed=tuple(tuple(x // 3 if a != b else 0 for b, x in enumerate(row))
                              for a, row in enumerate(both)),
                shared=tuple(tuple(x / 100 for x in row) for row in both),
                lost=tuple(tuple(x / 200 for x in row) for row in both),
                crowded=(30,) * donors, contested=(0.3,) * donors, gained=(0.8,) * donors,
            )
        )  # fmt: skip
    total = len(parts) + (0 if done else 1)
    return InterferenceState(donors=3, comparable=True, total=total, tensors=tuple(parts))


def unfinished_run() -> tuple[FakeStudio, RunState]:
    """Models that were checked, and nothing else."""
    studio = FakeStudio()
    run = studio.create(studio.default_spec())
    ids = ("dates", "orders", "hostile")
    skills = [
        s.model_copy(update={"id": i}) for s, i in zip(studio.state(run).skills, ids, strict=True)
    ]
    studio.change(run, skills=(*skills, GENERAL))
    return studio, studio.state(run)


def finished_run(
    rates: dict[str, dict[str, float]] = RATES, *, quick: bool = False, **more: Any
) -> RunState:
    """Calibrated, merged to the end with quick scores, scored, exported."""
    studio, state = unfinished_run()
    run = state.id
    studio.submit(run, Calibrate())
    studio.submit(run, Advance(4, "turn"))
    studio.submit(run, Advance(8, "turn"))
    studio.submit(run, Export("obim-merge", "bfloat16", 10**9, True))
    state = studio.state(run)
    made = entries(rates, quick, state.turn)
    owned = [skill.id for skill in state.skills if skill.donor is not None]
    told = Boards().fields(made, [d.name for d in state.spec.donors], owned)
    early = [s for s in state.scores if s.quick and (not quick or s.turn != state.turn)]
    scores = (*early, *(e.score for e in made))
    studio.change(run, **{"scores": scores, **told, **more})
    return studio.state(run)
