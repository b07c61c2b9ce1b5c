"""A studio in memory that does in no time, and without models, what the worker would do."""

import base64
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from obim import (
    AddSet,
    Advance,
    Agreement,
    Back,
    Calibrate,
    CardState,
    Cell,
    Check,
    Columns,
    CompareState,
    Converge,
    ConvergenceState,
    CostState,
    Donor,
    DonorPrediction,
    DonorSaliency,
    Download,
    EntryFacts,
    Evaluate,
    EvaluationError,
    Explore,
    Export,
    ExportState,
    Figure,
    FlipState,
    GateState,
    Inside,
    InterferenceState,
    IntervalState,
    JobState,
    LayerTrust,
    LookUp,
    MergeSpec,
    ObimError,
    OrderScore,
    OrdersState,
    Outlook,
    Owners,
    OwnSet,
    PauseState,
    Preview,
    Reckon,
    Removal,
    RemoveSet,
    RunState,
    ScoreOrders,
    ScoreState,
    Sentence,
    Settings,
    Size,
    SkillState,
    TensorInterference,
    TensorSaliency,
    Trust,
    Trusted,
    TrustState,
    TryOrders,
    Tune,
    TunedState,
    TurnState,
    Verdict,
    WhatIf,
    WhatIfState,
    is_of_turn,
)  # fmt: skip
from obim.runs.what_ifs import OrderState
from obim.runs.worker import KINDS

HOSTILE = 'x <b>${document.title="hit"}</b> {{value}} C:\\new\\table'
MODULES = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
LAYERS = 6
PARTS = (*((i, m) for i in range(LAYERS) for m in ("q_proj", "up_proj")), (None, "norm"))


@dataclass(frozen=True)
class Choice:
    ref: str
    label: str
    kind: str


class FakeStudio:
    def __init__(self) -> None:
        self.runs: dict[str, RunState] = {}
        self.latest: str | None = None
        self.exports = Path("/nowhere")
        self.asked: list[Any] = []
        self.saved: list[OwnSet] = []
        self.free = 5 * 10**9

    def models(self) -> list[Choice]:
        return [
            Choice("demo:base", "SmolLM2-135M-Instruct (demo)", "full"),
            Choice("demo:dates", "Dates (demo)", "adapter"),
            Choice("demo:orders", "Orders (demo)", "adapter"),
            Choice("demo:mails", HOSTILE, "adapter"),
        ]

    def default_spec(self) -> MergeSpec:
        donors = [("Dates", "demo:dates", 0.3, 1.2), ("Orders", "demo:orders", 0.2, 1.0)]
        made = [Donor(name=n, source=s, density=d, scale=c, calibration=s) for n, s, d, c in donors]
        hostile = Donor(name=HOSTILE, source="demo:mails", calibration="demo:mails")
        return MergeSpec(base="demo:base", donors=(*made, hostile), rounds=4)

    def own_sets(self) -> tuple[OwnSet, ...]:
        return tuple(self.saved)

    def current(self) -> str | None:
        return self.latest

    def create(self, spec: MergeSpec) -> str:
        self.latest = f"run-{len(self.runs) + 1}"
        donors = [d.name for d in spec.donors]
        skills = tuple(
            SkillState(id=n.lower()[:8], title={"en": n, "ja": n}, donor=n, items=40)
            for n in donors
        )
        groups = tuple((f"layer {i}", i) for i in range(LAYERS))
        state = RunState(
            id=self.latest, revision=1, spec=spec, recipe=f"base: {spec.base}\n", skills=skills,
            groups=groups, group_sizes=(1000,) * LAYERS, parts=PARTS,
        )  # fmt: skip
        self.runs[self.latest] = state
        self.submit(self.latest, Check())
        return self.latest

    def fork(self, run_id: str, spec: MergeSpec) -> str:
        old = self.state(run_id)
        new = self.create(spec)
        if old.spec.estimator == spec.estimator:
            self.change(new, saliency=old.saliency)
        return new

    def state(self, run_id: str) -> RunState:
        if run_id not in self.runs:
            raise ObimError("There is no such run.")
        return self.runs[run_id]

    def change(self, run_id: str, **fields: Any) -> None:
        old = self.runs[run_id]
        self.runs[run_id] = old.model_copy(update={"revision": old.revision + 1, **fields})

    def stop(self, run_id: str | None = None, kind: str | None = None) -> None:
        self.asked.append(f"stop {run_id}" + (f" {kind}" if kind else ""))

    def close(self) -> None:
        pass

    def submit(self, run_id: str, job: Any) -> None:
        self.asked.append(job)
        state = self.state(run_id)
        kind = KINDS[type(job)]
        made = {
            Check: self._check, Calibrate: self._calibrate, Advance: self._advance,
            Explore: self._explore,
            Back: self._back, Evaluate: self._evaluate, Export: self._export,
            Download: self._download, LookUp: self._look_up, AddSet: self._add_set,
            RemoveSet: self._remove_set, Tune: self._tune, Trust: self._trust,
            Converge: self._converge, Reckon: self._reckon, TryOrders: self._try_orders,
            ScoreOrders: self._score_orders,
        }[type(job)](state, job)  # fmt: skip
        self.change(run_id, job=JobState(kind=kind, status="done", fraction=1.0), **made)

    def _add_set(self, state: RunState, job: AddSet) -> dict[str, Any]:
        made = OwnSet(id=f"own-{len(self.saved)}", name=job.name, evaluator=job.evaluator,
                      donor=job.donor, items=12, content="0")  # fmt: skip
        self.saved = [*(s for s in self.saved if s.name != job.name), made]
        title = {"en": job.name, "ja": job.name}
        own = SkillState(id=made.id, title=title, donor=None, items=6)
        return {"skills": (*state.skills, own)}

    def _remove_set(self, state: RunState, job: RemoveSet) -> dict[str, Any]:
        self.saved = [s for s in self.saved if s.id != job.set]
        return {"skills": tuple(s for s in state.skills if s.id != job.set)}

    def _look_up(self, state: RunState, job: LookUp) -> dict[str, Any]:
        name = job.model
        due = {"ref": f"hub:{name}", "name": name, "total": 4 * 10**9, "missing": 3 * 10**9}
        needs = {"seconds": 60, "measuring": 0, "memory": 10**9, "memory_free": 2 * 10**9,
                 "disk": 10**9, "disk_free": self.free}  # fmt: skip
        told = {"due": [due], "free": self.free, "one_disk": True, "fits": True, "needs": needs}
        return {"outlook": Outlook.model_validate(told)}

    def _download(self, state: RunState, job: Download) -> dict[str, Any]:
        kind = "adapter" if "lora" in job.model else "full"
        return {
            "outlook": None,
            "downloads": (*state.downloads, (f"hub:{job.model}@c0ffee", job.model, kind)),
        }

    def _check(self, state: RunState, _: Check) -> dict[str, Any]:
        facts = {"architecture": "Llama", "layers": LAYERS, "parameters": 134515008,
                 "vocabulary": 49152, "dtype": "bfloat16"}  # fmt: skip
        cards = [CardState(role="base", name="SmolLM2", kind="full", **facts)]
        for donor in state.spec.donors:
            cards.append(
                CardState(role="donor", name=donor.name, kind="adapter", changed=0.78, **facts)
            )
        return {"cards": tuple(cards), "mergeable": True, "scanned": True}

    def _calibrate(self, state: RunState, _: Calibrate) -> dict[str, Any]:
        tensors = tuple(
            TensorSaliency(
                tensor=f"model.layers.{i}.{m}.weight", layer=i, module=m, shape=(64, 32),
                change=(i + j + 1) / 500, top10=0.4 + 0.05 * j, survival=0.5 + 0.05 * i,
            )
            for i in range(LAYERS)
            for j, m in enumerate(MODULES)
        )  # fmt: skip
        extra = TensorSaliency(
            tensor="model.norm.weight", layer=None, module="norm", shape=(64,), change=0.001,
            top10=0.3, survival=0.9,
        )  # fmt: skip
        made = tuple(
            DonorSaliency(
                donor=d.name, estimator=state.spec.estimator, source="bundled", texts=64,
                tokens=8192, survival=0.52, norm_kept=0.66, tensors=(*tensors, extra),
            )
            for d in state.spec.donors
        )  # fmt: skip
        return {"saliency": made}

    def _explore(self, state: RunState, _: Explore) -> dict[str, Any]:
        names = [(f"model.layers.{i}.{m}.weight", i, m) for i in range(LAYERS) for m in MODULES]
        names.append(("model.norm.weight", None, "norm"))
        parts = tuple(
            self.part(tensor, layer, module, len(state.spec.donors), i)
            for i, (tensor, layer, module) in enumerate(names)
        )
        return {
            "interference": InterferenceState(
                donors=len(state.spec.donors), comparable=False, total=len(parts), tensors=parts
            )
        }

    @staticmethod
    def part(
        tensor: str, layer: int | None, module: str, donors: int, seed: int = 0
    ) -> TensorInterference:
        """Made-up sums: donors near each other contest more, later layers more than early ones."""
        span, each = range(donors), 400

        def both(a: int, b: int) -> int:
            if a == b:
                return each
            near = 1 / abs(a - b)
            return int(each * (0.2 + 0.3 * near * ((layer or 0) + seed % 7) / (LAYERS + 7)))

        def table(value: Any) -> tuple[tuple[Any, ...], ...]:
            return tuple(tuple(value(a, b) for b in span) for a in span)

        crowd = tuple(min(each, sum(both(a, b) for b in span if b != a)) for a in span)
        return TensorInterference(
            tensor=tensor, layer=layer, module=module, positions=2048, donors=tuple(span),
            products=table(lambda a, b: 4.0 if a == b else (a - b - 1) * (b - a - 1) / 20 - 0.1),
            claimable=table(lambda a, b: 1600 if a == b else 1300),
            wanted=table(both), opposed=table(lambda a, b: 0 if a == b else int(0.4 * both(a, b))),
            shared=table(lambda a, b: both(a, b) * (1.0 + 0.1 * a)),
            lost=table(lambda a, b: (300.0 if a == b else 60.0 / donors) * (1 + 0.1 * a)),
            crowded=crowd, contested=tuple(n * (1 + 0.1 * a) for a, n in enumerate(crowd)),
            gained=tuple(360.0 * (1 + 0.1 * a) for a in span),
        )  # fmt: skip

    def _advance(self, state: RunState, job: Advance) -> dict[str, Any]:
        turns, k = list(state.turns), len(state.spec.donors)
        for number in range(state.turn + 1, min(state.turn + job.turns, state.spec.turns) + 1):
            turns.append(
                TurnState(
                    number=number, round=(number - 1) // k + 1, donor=(number - 1) % k,
                    claimed=tuple(20 + 5 * i for i in range(LAYERS)), short=0, seconds=0.1,
                    parts=(*(i for layer in range(LAYERS) for i in (layer, 20 + 4 * layer)), 0),
                )
            )  # fmt: skip
        turn = turns[-1].number
        scores = [*state.scores]
        if job.evaluate != "off":
            scores += self._scores(state, "merged", turn, True)
        judged = self._judge(state, turn, job) if job.gates.rules else {}
        return judged | {
            "turns": tuple(turns), "turn": turn, "locked": True, "contested": 700,
            "survivors": (3000,) * k, "scores": tuple(scores),
        }  # fmt: skip

    def _judge(self, state: RunState, turn: int, job: Advance) -> dict[str, Any]:
        """Turns from 3 on are red, the others green."""
        light = "red" if turn > 2 else "green"
        skill = state.skills[0]
        figure = {
            "skill": skill.id, "score": 0.1, "reference": 0.6, "low": -0.4, "high": -0.2, "n": 40,
            "margin": -0.3, "light": light,
        }  # fmt: skip
        verdicts = tuple(
            Verdict(
                rule=rule, light=light,
                figures=(Figure(against="base" if rule.kind == "fall" else skill.donor, **figure),),
            )
            for rule in job.gates.rules
        )  # fmt: skip
        lost = self._evaluate(state, Evaluate((), ())) if light == "red" else {}
        found = {name: lost[name] for name in ("flips", "compared") if name in lost}
        kept = IntervalState(value=0.5, low=0.4, high=0.6)
        gate = GateState(turn=turn, light=light, verdicts=verdicts, retention=kept, **found)
        gates = (*(g for g in state.gates if g.turn != turn), gate)
        best = max((g.turn for g in gates if g.light == "green"), default=turn)
        paused = light == "red" and job.turns and job.gates.on_red != "go_on"
        stop = PauseState(turn=turn, back_to=turn) if paused else None
        return {"gates": gates, "best_turn": best, "paused": stop}

    def _back(self, state: RunState, job: Back) -> dict[str, Any]:
        kept = {"turns": state.turns[: job.turn], "turn": job.turn, "locked": job.turn > 0}
        return kept | {"paused": None}

    def _scores(
        self, state: RunState, model: str, turn: int | None, quick: bool
    ) -> list[ScoreState]:
        score = 0.05 if model == "base" else 0.6
        return [
            ScoreState(
                skill=s.id, model=model, turn=turn, quick=quick, evaluator="exact_match", n=40,
                score=score, low=score * 0.8, high=min(score * 1.2, 1.0), mean_tokens=52.0,
            )
            for s in state.skills
        ]  # fmt: skip

    def _evaluate(self, state: RunState, job: Evaluate) -> dict[str, Any]:
        scores = [*state.scores]
        for model in job.models:
            turn = state.turn if is_of_turn(model) else None
            quick = job.items is not None or job.seconds is not None
            scores += self._scores(state, model, turn, quick)
        flip = FlipState(
            skill=state.skills[0].id, item="1", prompt=HOSTILE, expected="2024-05-01",
            answers={"base": "May", state.spec.donors[0].name: "2024-05-01", "merged": HOSTILE},
        )  # fmt: skip
        compared = CompareState(
            skill=state.skills[0].id, lost=12, shown=1, rivals=("base", state.spec.donors[0].name)
        )
        return {"scores": tuple(scores), "flips": (flip,), "compared": (compared,)}

    def _trust(self, state: RunState, job: Trust) -> dict[str, Any]:
        """Bands that cost more the higher they are, but for the first of all, which helps."""
        found = []
        for k, name in enumerate(job.estimators):
            layers = []
            for n in job.layers or range(LAYERS):
                bands = tuple(
                    Removal(100, 1e-5 * 3**i * (k + 1), 2e-5 * 3**i if i else -1e-5)
                    for i in range(job.bands)
                )
                total = sum(band.measured for band in bands)
                layers.append(
                    LayerTrust(
                        layer=n, bands=bands, whole=Removal(1000, 0.9, total * (n + 1) / 2),
                        agreement=Agreement(job.bands, 0.9, 0.8, 0.9, 0.7, 0.97), left_out=0,
                    )
                )  # fmt: skip
            found.append(
                TrustState(
                    donor=state.spec.donors[job.donor].name, estimator=name, loss=0.04, texts=12,
                    tokens=500, counted=120, seconds=70.0, layers=tuple(layers),
                )
            )  # fmt: skip
        costs = (CostState(estimator="", tokens=5000, seconds=50.0),)
        update = {"estimates": tuple(found), "costs": costs}
        return {"trust": state.trust.model_copy(update=update)}

    def _converge(self, state: RunState, job: Converge) -> dict[str, Any]:
        changes = {8: 0.2, 12: 0.12, 16: 0.07, 24: 0.04, 32: 0.02}
        sizes = tuple(Size(n, c, c * 0.8, c * 1.2) for n, c in changes.items())
        one = ConvergenceState(
            donor=state.spec.donors[job.donor].name, estimator=job.estimator, density=0.3,
            layers=job.layers, share=job.share, curve=sizes, there=64, seconds=9.0, ended=True,
            tokens=tuple(40 * n for n in changes),
        )  # fmt: skip
        before = tuple(s for s in state.trust.sizes if s.donor != one.donor)
        return {"trust": Trusted(**dict(state.trust) | {"sizes": (*before, one)})}

    def _tune(self, state: RunState, job: Tune) -> dict[str, Any]:
        best = Settings(density=0.3, scales=(0.9,) * len(state.spec.donors))
        tuned = [TunedState(method=m, best=best, score=0.5, tries=job.tries) for m in job.methods]
        return {"tuned": tuple(tuned)}

    def _foresee(self, spec: MergeSpec, every: int) -> WhatIfState:
        """Owned: 100 and 10 a place in a row of the charts; who comes later loses more."""
        donors = tuple(
            DonorPrediction(
                name=d.name, owned=tuple(100.0 + 10 * k for _ in range(LAYERS)), lost=0.1 + 0.2 * k,
                contested=0.5, contested_lost=0.05 + 0.1 * k, unmeasured=k,
            )
            for k, d in enumerate(spec.donors)
        )  # fmt: skip
        return WhatIfState(spec=spec, every=every, rows=640, donors=donors, seconds=20.0)

    def _reckon(self, state: RunState, job: Reckon) -> dict[str, Any]:
        known = (*state.what_ifs.settings, self._foresee(job.spec, 1))
        return {"what_ifs": state.what_ifs.model_copy(update={"settings": known})}

    def _try_orders(self, state: RunState, job: TryOrders) -> dict[str, Any]:
        names = tuple(d.name for d in job.spec.donors)
        share = 0.02 if job.spec.rotate else 0.3
        orders = tuple(
            OrderState(
                order=order, differs=share * i, owned=(600 + i, 660, 720), lost=(0.1 + 0.1 * i,) * 3
            )
            for i, order in enumerate([names, names[::-1]])
        )
        made = OrdersState(spec=job.spec, everything=True, same=1 - share, orders=orders)
        known = (*state.what_ifs.orders, made)
        return {"what_ifs": state.what_ifs.model_copy(update={"orders": known})}

    def _score_orders(self, state: RunState, job: ScoreOrders) -> dict[str, Any]:
        back = job.spec.model_copy(update={"donors": job.spec.donors[::-1]})
        scores = tuple(
            OrderScore(
                spec=spec,
                score=score,
                change=change,
                against=tuple(d.name for d in job.spec.donors),
            )
            for spec, change in ((job.spec, None), (back, (-0.1, -0.2, 0.0)))
            for score in self._scores(state, "merged", None, True)
        )
        return {"what_ifs": state.what_ifs.model_copy(update={"scores": scores})}

    def _export(self, state: RunState, job: Export) -> dict[str, Any]:
        done = ExportState(
            name=job.name, path=f"/exports/{job.name}", dtype=job.dtype,
            files={"model.safetensors": 269060552, "config.json": 861}, content_hash="0" * 64,
            identical=True, exact=True, turn=state.turn, evaluated=True,
        )  # fmt: skip
        return {"exports": (*state.exports, done)}

    def read(self, run_id: str, request: Any, timeout: float = 10.0) -> Any:
        if isinstance(request, Cell):
            grid = bytes(range(256)) * 8
            return {
                "shape": [64, 32], "rows": 64, "cols": 32, "aggregate": "none",
                "measured": True, "vmax": 1e-5,
                "grid": base64.b64encode(grid).decode(), "curve": "sqrt", "top10_share": 0.61,
                "histogram": {"edges": [-9.0, -8.0, -7.0], "counts": [5, 2]},
            }  # fmt: skip
        if isinstance(request, Preview):
            return self._preview(request)
        if isinstance(request, Inside):
            return self._inside(self.state(run_id), request)
        if isinstance(request, Owners):
            return self._owners(self.state(run_id), request)
        if isinstance(request, WhatIf):
            self.asked.append(request)
            return self._foresee(request.spec, 64)
        return {"text": f"{request.model}: {HOSTILE}", "stopped": request.model == "base"}

    def _inside(self, state: RunState, request: Inside) -> dict[str, Any]:
        """Two rows of three blocks, or of three weights once they are looked at."""
        self.asked.append(request)
        k, turn = len(state.spec.donors), state.turn if request.turn is None else request.turn
        kinds = {"wants": k + 3, "got": k + 1, "turns": turn + 1}[request.view]
        box = list(request.window or (0, 64, 0, 32))
        single = box[1] - box[0] == 2
        sent = bytes(3 * 2 * 3) if request.view == "turns" else bytes(range(2 * 3 * kinds))
        values = {"delta": base64.b64encode(bytes(4 * 6 * k)).decode(),
                  "saliency": base64.b64encode(bytes(4 * 6 * k)).decode(),
                  "codes": base64.b64encode(bytes(6)).decode(), "code_bytes": 1}  # fmt: skip
        return {
            "tensor": request.tensor, "view": request.view, "shape": [64, 32], "window": box,
            "rows": 2, "cols": 3, "row_edges": [box[0], box[0] + 1, box[1]],
            "col_edges": [box[2], box[2] + 1, box[2] + 2, box[3]], "totals": [5] * kinds,
            "counts": base64.b64encode(sent).decode(), "bytes": 1,
            "members": [[[1] * k] * 2, [[2] * k] * 3], "values": values if single else None,
            "histogram": {"edges": [-9.0, -8.0, -7.0], "all": [[5, 2]] * k,
                          "contested": [[1, 2]] * k, "zeros": [[3, 1]] * k},
            "measured": [True] * (k - 1) + [False], "turn": turn,
        }  # fmt: skip

    def _owners(self, state: RunState, request: Owners) -> dict[str, Any]:
        self.asked.append(request)
        k, turn = len(state.spec.donors), request.turn or 0
        names = [f"model.layers.{i}.self_attn.q_proj.weight" for i in range(LAYERS)]
        heads = [
            {
                "layer": i, "tensor": name, "axis": 0, "lines": [[0, 8], [8, 16]], "size": 100,
                "owned": [[10 + i, 20]] * k,
            }
            for i, name in enumerate(names)
        ]  # fmt: skip
        return {
            "turn": turn,
            "layers": [{"label": "layer", "layer": i, "size": 1000, "owned": [50 + i] * k}
                       for i in range(LAYERS)],
            "modules": [{"name": m, "size": 900, "owned": [45] * k} for m in MODULES],
            "turns": [{"number": t.number, "round": t.round, "donor": t.donor, "claimed": 14,
                       "modules": [2] * len(MODULES)} for t in state.turns[:turn]],
            "heads": [{"kind": "query", "count": 2, "layers": heads},
                      {"kind": "key", "count": 1, "layers": [
                          {**layer, "lines": [[0, 8]], "owned": [[10]] * k} for layer in heads
                      ]}],
        }  # fmt: skip

    def _preview(self, request: Preview) -> dict[str, Any]:
        if b"broken" in Path(request.file).read_bytes():
            raise EvaluationError("The table is empty; choose a file with a header and rows.")
        judges = ("bits_per_byte", "exact_match", "multiple_choice")
        choosing = request.evaluator == "multiple_choice"
        columns = request.columns or Columns("a", "q")
        trouble = EvaluationError("Choose the columns that hold the choices.").sentence
        return {
            "columns": ["q", "a", HOSTILE], "encoding": "cp932", "rows": 14,
            "first": [(2, ["one?", HOSTILE, ""])], "mapping": columns, "usable": 12,
            "dev": 6, "report": 6, "problems": (2, [(4, Sentence("the row is empty"))]),
            "doubles": (0, []), "prompts": [{"prompt": "<|user|>one?", "answer": HOSTILE,
            "choices": [HOSTILE, "b"] if columns.choices else []}],
            "trouble": trouble if choosing and not columns.choices else None,
            "evaluators": tuple(
                EntryFacts(n, n, False, False, False, "share", True) for n in judges
            ),
        }  # fmt: skip


def made(studio: FakeStudio, *jobs: Any, spec: MergeSpec | None = None) -> RunState:
    """A new run on which these jobs were done."""
    run = studio.create(spec or studio.default_spec())
    for job in jobs:
        studio.submit(run, job)
    return studio.state(run)
