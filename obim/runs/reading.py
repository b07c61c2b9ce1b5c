"""A run folder -> `RunState`, by folding its journal. It only reads.

Event kinds: files, check, skills, groups, scan, saliency, explore, interference, prepared, turn,
back, score, budget, flips, gate, paused, export, download, look_up, needs, unscored, try, sets,
trust, converge, cost, what_if.
"""

from collections.abc import Callable
from typing import Any

from obim.errors import RunError, Sentence
from obim.runs.explored import ExploredBook
from obim.runs.exported import ExportState, exported
from obim.runs.folder import Event, RunFolder
from obim.runs.folding import downloaded, groups_fields, with_scan, with_survival, without_scan
from obim.runs.needs import Needs
from obim.runs.outlook import Outlook
from obim.runs.own_sets import without_gone
from obim.runs.recipe import dump_recipe
from obim.runs.scorebook import Scorebook
from obim.runs.scored import PauseState
from obim.runs.sentences import restore
from obim.runs.state import CardState, DonorSaliency, RunState, SkillState, TurnState
from obim.runs.switches import MERGED
from obim.runs.trust import TrustBook
from obim.runs.tuned import TUNED, TuningBook
from obim.runs.underway import job_of
from obim.runs.what_ifs import WhatIfBook


class RunReader:
    """Follows one run; reads only what the journal has gained since the last look.

    Attributes:
        folder: of the run.
        scores: what was scored, with items.
        tuned: settings that were tried of merge methods.
        explored: how donors interfere.
        trust: estimates held against the truth.
        what_ifs: what other settings would come to.
        files: base and donors -> state of the files that the run was begun on.
        sets: evaluation set -> state of the file that it was last scored on.
        texts: donor -> state of the calibration texts that it was measured on.
    """

    def __init__(self, folder: RunFolder) -> None:
        self.folder = folder
        self._offset = 0
        self._spec = folder.spec()
        self._recipe = dump_recipe(self._spec)
        self._fields: dict[str, Any] = {}
        self._turns: list[TurnState] = []
        self.scores = Scorebook()
        self.tuned = TuningBook()
        self.explored = ExploredBook()
        self.trust = TrustBook()
        self.what_ifs = WhatIfBook()
        self.files: dict[str, str] = {}
        self.sets: dict[str, str] = {}
        self.texts: dict[str, Any] = {}
        self._exports: list[ExportState] = []
        self._survival: list[dict[str, Any]] = []
        self._summed: list[dict[str, Any]] = []
        self._unscored = (0, Sentence(""))
        self._last: RunState | None = None

    def state(self) -> RunState:
        """The run as it stands.

        Raises:
            RunError: its folder is damaged.
        """
        progress = self.folder.progress()
        self.catch_up()
        revision, turn = self._offset + int(progress.get("seq", 0)), len(self._turns)
        skills, last = without_gone(self.folder.path.parent.parent, self.skills()), self._last
        if last is not None and (last.revision, last.skills) == (revision, skills):
            return last
        names, owners = [d.name for d in self._spec.donors], {s.id: s.donor for s in skills}
        fields = {**self._fields, **self.scores.fields(turn, names, owners), "skills": skills}
        self._last = RunState(
            id=self.folder.id,
            revision=revision,
            spec=self._spec,
            recipe=self._recipe,
            job=job_of(progress),
            turn=turn,
            turns=tuple(self._turns),
            locked=turn > 0,
            tuned=self.tuned.fields(),
            interference=self.explored.state(),
            what_ifs=self.what_ifs.fields(),
            exports=tuple(self._exports),
            unscored=self._unscored[1] if self._unscored[0] <= turn else Sentence(""),
            trust=self.trust.state(),
            **fields,
        )
        return self._last

    def catch_up(self) -> None:
        """Fold in what the journal has gained.

        Raises:
            RunError: it is damaged.
        """
        if self.folder.journal_size() == self._offset:
            return
        for offset, event in self.folder.events(self._offset):
            try:
                _APPLY[event["event"]](self, event)
            except (KeyError, TypeError, IndexError, ValueError) as error:
                raise RunError(
                    "The journal of run {run} is damaged; start a new run.", run=self.folder.id
                ) from error
            self._offset = offset

    def turns(self) -> list[TurnState]:
        """Turns done."""
        return list(self._turns)

    def saliency(self) -> tuple[DonorSaliency, ...]:
        """Saliency summaries, empty before Calibrate."""
        return tuple(self._fields.get("saliency", ()))

    def skills(self) -> tuple[SkillState, ...]:
        """Evaluation sets of the run, empty before Check."""
        return tuple(self._fields.get("skills", ()))

    @property
    def is_checked(self) -> bool:
        """The models of the run were checked."""
        return "cards" in self._fields

    def _note_sets(self, event: Event) -> None:
        """Sets that are others now take along what was scored and tuned on the old ones."""
        for skill, state in event["sets"].items():
            if self.sets.get(skill, state) != state:
                self.scores.forget(skill, [method + TUNED for method in self.tuned.clear()])
                self.what_ifs.forget(skill)
        self.sets = self.sets | event["sets"]

    def _try(self, event: Event) -> None:
        self.scores.note_pace(event)
        if self.tuned.note(event):
            self.scores.forget(None, [event["method"] + TUNED])

    def _note_files(self, event: Event) -> None:
        """Files that are others now take along what was measured on the old ones."""
        if any(event["files"].get(ref, state) != state for ref, state in self.files.items()):
            self.trust.clear()
            self._forget_measured()
            if "cards" in self._fields:
                self._fields |= {"cards": without_scan(self._fields["cards"]), "scanned": False}
        self.files = event["files"]

    def _note_texts(self, event: Event) -> None:
        """Calibration texts that are others now take along what was measured on the old ones."""
        self.texts = event["texts"]
        self.trust.renew_all(self.texts)
        if event["deciding"]:
            self._forget_measured()

    def _forget_measured(self) -> None:
        for book in (self.scores, self.tuned, self.explored, self.what_ifs):
            book.clear()
        self._survival = []
        for name in ("saliency", "contested", "survivors", "needs", "paused"):
            self._fields.pop(name, None)

    def _check(self, event: Event) -> None:
        self._fields["cards"] = tuple(CardState(**card) for card in event["cards"])
        self._fields |= {"mergeable": event["mergeable"], "scanned": False}
        self._note_skills(event)

    def _note_skills(self, event: Event) -> None:
        self._fields["skills"] = tuple(SkillState(**skill) for skill in event["skills"])

    def _groups(self, event: Event) -> None:
        self._fields |= groups_fields(event)

    def _scan(self, event: Event) -> None:
        self._fields["cards"] = cards = with_scan(self._fields["cards"], event)
        self._fields["mergeable"] = not any(card.problems for card in cards)
        self._fields["scanned"] = True

    def _saliency(self, event: Event) -> None:
        if event["donors"] != self._summed:  # other statistics: what was ranked by the old is stale
            self.explored.clear()
            self.what_ifs.clear()
        self._summed = event["donors"]
        self.texts = event.get("texts", {})
        self.trust.renew_all(self.texts)
        self._fields["saliency"] = tuple(DonorSaliency(**donor) for donor in event["donors"])
        self._survive()

    def _prepared(self, event: Event) -> None:
        self._fields |= {"contested": event["contested"], "survivors": tuple(event["survivors"])}
        self._survival = event["survival"]
        self._survive()

    def _survive(self) -> None:
        """Put the measured survival into the summaries."""
        self._fields["saliency"] = with_survival(self.saliency(), self._survival)

    def _turn(self, event: Event) -> None:
        self._turns.append(TurnState(**event["turn"]))
        self._fields.pop("paused", None)

    def _back(self, event: Event) -> None:
        del self._turns[event["turn"] :]
        self._fields.pop("paused", None)

    def _score(self, event: Event) -> None:
        self.scores.note_score(event)
        if event["score"]["model"] == MERGED:
            self._unscored = (0, Sentence(""))

    def _unscore(self, event: Event) -> None:
        self._unscored = (event["turn"], restore(event["why"]))


_APPLY: dict[str, Callable[[RunReader, Event], None]] = {
    "files": RunReader._note_files,
    "check": RunReader._check,
    "skills": RunReader._note_skills,
    "groups": RunReader._groups,
    "scan": RunReader._scan,
    "saliency": RunReader._saliency,
    **dict.fromkeys(("explore", "interference"), lambda reader, e: reader.explored.note(e)),
    "prepared": RunReader._prepared,
    "turn": RunReader._turn,
    "back": RunReader._back,
    "score": RunReader._score,
    "budget": lambda reader, event: reader.scores.note_budget(event),
    "flips": lambda reader, event: reader.scores.note_flips(event),
    "gate": lambda reader, event: reader.scores.note_gate(event),
    "paused": lambda reader, event: reader._fields.update(
        paused=PauseState(turn=event["turn"], back_to=event["back_to"])
    ),
    "export": lambda reader, e: reader._exports.append(exported(e["export"], reader._spec)),
    "download": lambda reader, event: reader._fields.update(downloaded(reader._fields, event)),
    "needs": lambda reader, event: reader._fields.update(needs=Needs(**event["needs"])),
    "look_up": lambda reader, event: reader._fields.update(outlook=Outlook(**event["outlook"])),
    "unscored": RunReader._unscore,
    "try": RunReader._try,
    **dict.fromkeys(("trust", "converge", "cost"), lambda reader, event: reader.trust.note(event)),
    "sets": RunReader._note_sets,
    "texts": RunReader._note_texts,
    "what_if": lambda reader, event: reader.what_ifs.note(event),
}
