"""Under what a score is kept: a hash of all that it follows from.

That is the contents of the models' files, how they were merged, the evaluator, the items in
tokens, the dtypes, the device, the code that judges, and the versions of what computes. It scores
nothing.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import obim.evaluation
from obim.evaluation.encoding import Encoded
from obim.evaluation.harness import is_task, task_files
from obim.evaluation.items import EvalSet
from obim.registry import find
from obim.runs.bench import BASE, Bench
from obim.runs.fingerprints import Fingerprints
from obim.runs.score_cache import FILES, SCORES, ScoreCache
from obim.runs.statistics_needed import needs_statistics
from obim.runs.switches import donors_off, is_of_turn, switches_of
from obim.runs.variants import exact, variant
from obim.types import MergeSpec

_FORMAT = 1
_PACKAGES = ("obim-studio", "torch", "transformers")


class Scored:
    """The scores of a run's home, and under which key a score of the run belongs there.

    Args:
        bench: of the run.
        on_block: called while files are read that are not known yet; what it raises ends that.
    """

    def __init__(self, bench: Bench, on_block: Callable[[], None] = lambda: None) -> None:
        home = bench.folder.path.parent.parent / SCORES
        self.cache = ScoreCache(home)
        self._bench, self._on_block = bench, on_block
        self._fingerprints = Fingerprints(home / FILES)
        self._models: dict[str, str] = {}
        self._items: dict[int, tuple[Sequence[Encoded], str]] = {}

    def key(self, label: str, chosen: EvalSet, encoded: Sequence[Encoded], turn: int | None) -> str:
        """What the score of a model on items is kept under.

        Args:
            label: as for `obim.runs.showing.show`.
            chosen: the evaluation set.
            encoded: the items of it.
            turn: of the merge, where the label is of it.
        """
        facts = {
            "format": _FORMAT,
            "versions": _versions(),
            "code": code_digest(Path(obim.evaluation.__file__).parent),
            "evaluator": self._evaluator(chosen),
            "items": self.digest(encoded),
            "dtype": self._bench.spec.dtype,
            "device": self._bench.live_device.type,
            "computing": str(self._bench.computing),
            "model": self._model(label, turn),
        }
        return _hash(facts)

    def _evaluator(self, chosen: EvalSet) -> list[str]:
        """What judges; a task brings a judge of its own."""
        if not is_task(chosen.id):
            return [chosen.evaluator]
        name = str(chosen.path)
        contents = [self._fingerprints.file(path) for path in task_files(name)]
        return [chosen.evaluator, version("lm-eval"), name, *contents]

    def _model(self, label: str, turn: int | None) -> list[Any]:
        spec, index = self._bench.spec, self._bench.donor_index(label)
        base = self._file(spec.base)
        if label == BASE:
            return [base]
        if index is not None:
            return [base, self._file(spec.donors[index].source)]
        merged = spec
        if not is_of_turn(label):
            merged, turn = variant(spec, exact(label, self._bench.reader.tuned.best())), None
        donors = [self._file(donor.source) for donor in merged.donors]
        return [base, donors, self._recipe(merged, turn) | self._off(label)]

    def _off(self, label: str) -> dict[str, Any]:
        """Each donor's tensors that it is switched off in: what the switches come to."""
        switches = switches_of(label)
        donors = [donor.name for donor in self._bench.spec.donors]
        off: list[list[str]] = [[] for _ in donors]
        for name, _ in self._bench.sizes() if switches else ():
            for k in donors_off(switches, donors, name):
                off[k].append(name)
        return {"off": off} if any(off) else {}

    def _recipe(self, spec: MergeSpec, turn: int | None) -> dict[str, Any]:
        """What of a spec a merge depends on, beyond the models themselves."""
        facts = find("merge_method", spec.method).facts
        names = ["method", "normalize", "include", "exclude", "seed"]
        found: dict[str, Any] = {}
        if facts.get("uses_density"):
            found["densities"] = [spec.density_of(k) for k in range(len(spec.donors))]
        if facts.get("uses_scale"):
            found["scales"] = [donor.scale for donor in spec.donors]
        if facts.get("needs_saliency"):
            names += ["estimator", "scope"]
            found["statistics"] = self._statistics(spec)
        if facts.get("exclusive"):
            names += ["rounds", "rotate"]
            found["turn"] = spec.turns if turn is None else turn
        return found | {name: getattr(spec, name) for name in names}

    def _statistics(self, spec: MergeSpec) -> list[str]:
        if not needs_statistics(spec):
            return []
        paths = [self._bench.stats_path(k, spec) for k in range(len(spec.donors))]
        return [self._fingerprints.file(path) if path.is_file() else "" for path in paths]

    def _file(self, ref: str) -> str:
        if ref not in self._models:
            self._models[ref] = self._fingerprints.model(ref, self._on_block)
        return self._models[ref]

    def digest(self, encoded: Sequence[Encoded]) -> str:
        """Of items as a model reads them."""
        known = self._items.get(id(encoded))
        if known is None or known[0] is not encoded:
            known = encoded, _hash([repr(e) for e in encoded])
            self._items[id(encoded)] = known
        return known[1]


@cache
def code_digest(folder: Path) -> str:
    """Of the source files of a package: a score is of the code that judged, whatever its version.

    Read once: what runs is what was there at the start.
    """
    return _hash([(p.name, p.read_text("utf-8")) for p in sorted(folder.glob("*.py"))])


def _versions() -> list[str]:
    return [version(name) for name in _PACKAGES]


def _hash(facts: Any) -> str:
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
