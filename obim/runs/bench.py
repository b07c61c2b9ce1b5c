"""What the worker keeps warm for one run: base, donors, statistics, the merge, a live model.

It opens and caches; the jobs beside it decide what is done.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from obim.errors import CalibrationError
from obim.evaluation.encoding import Encoded, encode_items
from obim.evaluation.harness import is_task, task_of
from obim.evaluation.items import EvalSet, demo_sets
from obim.merging.engine import Merge, changeable
from obim.merging.plan import Plan
from obim.models.checkpoint import Checkpoint, open_checkpoint
from obim.models.device import CPU
from obim.models.sources import DonorSource, open_donor, resolve
from obim.models.tokenizing import load_tokenizer
from obim.runs.drawing import choose_items
from obim.runs.folder import RunFolder
from obim.runs.memory import shortage
from obim.runs.model_states import model_states
from obim.runs.own_sets import eval_sets
from obim.runs.placing import choose_computing, place_live
from obim.runs.reading import RunReader
from obim.runs.statistics_needed import needs_statistics, stats_key
from obim.runs.texts_state import texts_state
from obim.saliency.store import load_stats
from obim.types import Donor, InputStats, MergeSpec

if TYPE_CHECKING:
    from obim.runs.live import Live

BASE = "base"


class Bench:
    """Everything warm for one run.

    Attributes:
        folder: of the run.
        spec: of the run.
        reader: of the run's journal.
        device: where to compute, as far as there is room.
        merge: in memory, once it is prepared.
        states: of the model files, when what is in memory was read from them.
        seen: what the last looks at the merge found, to be looked at again from closer by.
    """

    merge: Merge | None
    _plan: Plan | None
    _base: Checkpoint | None
    _donors: list[DonorSource] | None
    _live: "Live | None"
    _placed: torch.device | None
    _computing: torch.dtype | None
    _tokenizer: Any
    _encoded: dict[tuple[Any, ...], list[Encoded]]
    seen: dict[str, Any]

    def __init__(
        self, folder: RunFolder, before: "Bench | None" = None, device: torch.device = CPU
    ) -> None:
        folder.mend()
        self.folder, self.device = folder, device
        self.spec = folder.spec()
        self.reader = RunReader(folder)
        self.reader.catch_up()
        self.drop(model_states(self.spec))
        base = self.spec.base
        if before is not None and before.states.get(base) == self.states[base]:
            self._base, self._tokenizer = before._base, before._tokenizer
            self._encoded = before._encoded
            if before.spec.dtype == self.spec.dtype and before._live is not None:
                self._live = before._live
                self._live.label = None

    def drop(self, states: dict[str, str]) -> None:
        """Forget all that was read from the model files, which are in these states now."""
        self.states = states
        self.merge = self._plan = None
        self._base = self._donors = self._live = self._tokenizer = self._placed = None
        self._computing = None
        self._encoded, self.seen = {}, {}

    @property
    def home(self) -> Path:
        """The folder that holds the folder of runs."""
        return self.folder.path.parent.parent

    @property
    def base(self) -> Checkpoint:
        """The base, headers read."""
        if self._base is None:
            self._base = open_checkpoint(resolve(self.spec.base))
        return self._base

    def reopen(self) -> None:
        """Read the headers of base and donors anew when they are next asked for."""
        self._base = self._donors = None

    @property
    def donors(self) -> list[DonorSource]:
        """The donors, opened against the base."""
        if self._donors is None:
            self._donors = [open_donor(d.source, self.base) for d in self.spec.donors]
        return self._donors

    @property
    def tokenizer(self) -> Any:
        """The base's tokenizer."""
        if self._tokenizer is None:
            self._tokenizer = load_tokenizer(self.base.path)
        return self._tokenizer

    @property
    def live(self) -> "Live":
        """The live model; an `EvaluationError` where it would not fit into memory."""
        if self._live is None:
            from obim.runs.live import open_live

            dtype = getattr(torch, self.spec.dtype)
            if shortage(self.base, self.computing, self.live_device):
                self._computing = dtype  # memory was taken since it was decided
            self._live = open_live(self.base, dtype, self.live_device, self.computing)
        return self._live

    @property
    def live_device(self) -> torch.device:
        """Where the live model is, or will be: decided once, since scores are kept by it."""
        if self._live is not None:
            return self._live.device
        if self._placed is None:
            self._placed = place_live(self.base, getattr(torch, self.spec.dtype), self.device)
        return self._placed

    @property
    def computing(self) -> torch.dtype:
        """The format that the live model computes in, or will: decided once, as its device is."""
        if self._live is not None:
            return self._live.computing
        if self._computing is None:
            self._computing = choose_computing(self.spec, self.base, self.live_device)
        return self._computing

    @property
    def loaded(self) -> "Live | None":
        """The live model, if it is loaded already."""
        return self._live

    def texts(self, donor: Donor) -> list[Any]:
        """State of its calibration texts; once turns were taken, as it was when they were read."""
        known = self.reader.texts if self.reader.turns() else {}
        return known.get(donor.name) or texts_state(donor)

    def stats_path(self, index: int, spec: MergeSpec | None = None) -> Path:
        """Where the statistics of a donor are kept."""
        spec = spec or self.spec
        return self.folder.stats_path(stats_key(spec, index, self.texts(spec.donors[index])))

    def stats(self) -> list[InputStats | None]:
        """Statistics a donor; None where the estimator needs none.

        Raises:
            CalibrationError: they were not measured yet.
        """
        if not needs_statistics(self.spec):
            return [None] * len(self.spec.donors)
        found: list[InputStats | None] = []
        for i, donor in enumerate(self.spec.donors):
            path = self.stats_path(i)
            if not path.is_file():
                raise CalibrationError(
                    "{donor!r} isn't calibrated yet; run the calibration first.", donor=donor.name
                )
            found.append(load_stats(path))
        return found

    @property
    def plan(self) -> Plan:
        """Names, turns and rankings."""
        if self._plan is None:
            self._plan = Plan(self.spec, self.base, self.stats(), self.device)
        return self._plan

    def skill_ids(self) -> list[str]:
        """Evaluation sets of this run, by id."""
        self.reader.catch_up()
        return [skill.id for skill in self.reader.skills()]

    def forget_plan(self) -> None:
        """Statistics have changed."""
        self._plan = self.merge = None
        self.seen = {}

    def forget_items(self) -> None:
        """Evaluation sets have changed."""
        self._encoded = {}

    def sizes(self) -> list[tuple[str, int]]:
        """(name, positions) of the tensors that may change, sorted by name."""
        return [(n, self.base.tensors[n].numel) for n in changeable(self.spec, self.base)]

    def floating(self) -> list[str]:
        """Sorted names of all tensors that a merge could change, whatever the patterns say."""
        everything = self.spec.model_copy(update={"include": ("*",), "exclude": ()})
        return changeable(everything, self.base)

    def donor_index(self, label: str) -> int | None:
        """Which donor has this name."""
        names = [donor.name for donor in self.spec.donors]
        return names.index(label) if label in names else None

    def sets(self) -> dict[str, EvalSet]:
        """Evaluation sets by id: the bundled ones, the user's own, and the tasks of this run."""
        tasks = (task_of(skill.id) for skill in self.reader.skills() if is_task(skill.id))
        return {s.id: s for s in (*demo_sets(), *eval_sets(self.home), *tasks)}

    def encoded(self, evaluation: EvalSet, items: int | None) -> list[Encoded]:
        """Items of a set in tokens, for a quick evaluation of at most ``items`` or a full one.

        Raises:
            EvaluationError: there is no item to draw from.
        """
        key = (evaluation.path, items, self.spec.seed)
        if key not in self._encoded:
            chosen = choose_items(evaluation, items, self.spec.seed)
            self._encoded[key] = encode_items(self.tokenizer, chosen)
        return self._encoded[key]

    def donor_tensors(self, index: int, dtype: torch.dtype) -> Iterator[tuple[str, Tensor]]:
        """The tensors of a donor that may differ from the base's, W0 + D."""
        donor = self.donors[index]
        for name, info in self.base.tensors.items():
            if not info.dtype.startswith(("float", "bfloat")):
                continue
            stored = self.base.read(name)
            delta = donor.delta(name, stored)
            if delta is not None:
                yield name, (stored.float() + delta).to(dtype)
