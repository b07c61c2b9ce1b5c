"""What one browser tab looks at: token -> which run, which screen, which settings are being tried.

Sessions are small files, so a reload and a server restart show the same page. They hold choices
and texts only: no model, no tensor, no result that the run folder has.
"""

import contextlib
import json
import re
import threading
import time
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal

from obim import TRIES

TOKEN = re.compile(r"[0-9a-f]{32}")
KEPT = 200
Language = Literal["en", "ja"]
_PASSING = (
    "revision", "cell", "error", "blocked", "armed", "emptied", "own", "inside", "owned",
    "foreseen", "asked",
)  # fmt: skip


@dataclass
class Session:
    """One tab.

    Attributes:
        run_id: the run it shows, None before there is one.
        screen: index into `painting.frame.SCREENS`.
        draft: a MergeSpec as JSON with the merge settings being tried, None: those of the run.
        calibration: calibration a donor being tried on the Saliency screen, None: the run's.
        estimator: estimator being tried, None: the run's.
        tokens: most calibration tokens a donor being tried, None: the run's.
        trust: what is to be held against the truth: ``estimators``, ``layers``, ``tokens``, what is
            ``shown`` of it; ``sizing`` and ``share``: by what texts are counted.
        donor: the donor whose saliency is shown.
        tensor: the tensor that is open, None: none.
        measure: what the heatmap's colour means.
        facet: what the Interference screen shows.
        pair: two donors (indices, the lower first) that it shows, None: all pairs.
        look: the turn looked back at, None: the present.
        when: evaluation after each round, each turn or off.
        gating: merges are judged by rules.
        on_red: what red does: ``pause``, ``back`` or ``go_on``.
        rules: rules as JSON, None: those that are offered first.
        full: whole evaluation sets rather than a quick draw.
        ticks: label of a model that can be scored -> whether it is to be, where the user said so.
        every_turn: every scored turn is on the scoreboard, else the last ones.
        tries: settings that tuning tries of each method.
        what_if: a MergeSpec as JSON with settings that are tried without merging, None: those of
            the Merge screen.
        pins: ``a`` and ``b``: such settings, kept to be compared.
        foreseen: previews of settings by their JSON; not kept on disk.
        asked: ``preview`` and ``exact``: the last `ui.painting.asked.Ask` of such figures; not kept
            on disk.
        seconds: that a quick evaluation of one model takes about; None: the usual items.
        kind: which single items are listed: ``worse``, ``forgotten`` or ``recovered``.
        error: the last refusal, one sentence; not kept on disk.
        blocked: that refusal came from the worker's queue: a job of another run may be in the way.
        armed: the button that was pressed once and acts when it is pressed again; any other act
            disarms it. Not kept on disk.
        epoch: grows when the page itself changes the controls (preset, other run).
        switches: donor -> what is set to switch it off: ``off``, ``first`` and ``last`` layer,
            ``modules``.
        chat: models, prompt and answers of the side-by-side prompt. An answer tells its model
            and turn.
        revision: grows with every change; not kept on disk.
        cell: what the worker said of the open tensor; not kept on disk.
        own: a table that may become an evaluation set: where it lies, its columns and preview; not
            kept on disk.
        view: what the picture of the open tensor shows: who ``wants`` its weights, who ``got``
            them, in which of the ``turns``.
        window: the part of a tensor that picture shows, with the tensor's name; None: all of it.
        inside: what the worker said of it; not kept on disk.
        owners: by what the owner map is broken down: ``layer``, ``module``, ``head``, ``donor`` or
            ``turn``.
        heads: the kind of attention heads.
        part: the donor whose share of the heads is shown, None: of all.
        owned: what the worker counted in the owner map; not kept on disk.
        folds: section of the Interference screen -> whether it is open, where the user said so.
        emptied: no donor is left in the box on the Models screen; not kept on disk.
    """

    run_id: str | None = None
    screen: int = 0
    lang: Language = "en"
    draft: str | None = None
    calibration: list[str | None] | None = None
    estimator: str | None = None
    tokens: int | None = None
    trust: dict[str, Any] = field(default_factory=dict)
    donor: int = 0
    tensor: str | None = None
    measure: str = "change"
    facet: str = "overlap"
    pair: list[int] | None = None
    look: int | None = None
    when: Literal["round", "turn", "off"] = "round"
    gating: bool = False
    on_red: Literal["pause", "back", "go_on"] = "pause"
    rules: list[dict[str, Any]] | None = None
    full: bool = False
    seconds: int | None = None
    ticks: dict[str, bool] = field(default_factory=dict)
    every_turn: bool = False
    tries: int = TRIES
    kind: Literal["worse", "forgotten", "recovered"] = "worse"
    what_if: str | None = None
    pins: dict[str, str] = field(default_factory=dict)
    foreseen: dict[str, Any] = field(default_factory=dict)
    asked: dict[str, Any] = field(default_factory=dict)
    error: str = ""
    blocked: bool = False
    armed: str = ""
    epoch: int = 0
    switches: dict[str, dict[str, Any]] = field(default_factory=dict)
    chat: dict[str, Any] = field(default_factory=dict)
    revision: int = 0
    cell: dict[str, Any] | None = None
    view: Literal["wants", "got", "turns"] = "wants"
    window: dict[str, Any] | None = None
    inside: dict[str, Any] | None = None
    owners: Literal["layer", "module", "head", "donor", "turn"] = "layer"
    heads: Literal["query", "key", "value", "output"] = "query"
    part: int | None = None
    owned: dict[str, Any] | None = None
    folds: dict[str, bool] = field(default_factory=dict)
    emptied: bool = False
    own: dict[str, Any] = field(default_factory=dict)

    def show(self, run_id: str | None) -> None:
        """Turn to another run; what was being tried on the old one is over."""
        self.epoch += 1  # before and after: who looks on in between looks again
        self.run_id = run_id
        self.draft = self.calibration = self.estimator = self.tokens = None
        self.tensor = self.cell = self.look = self.pair = self.part = None
        self.window = self.inside = self.owned = None
        self.donor, self.kind = 0, "worse"
        self.error, self.emptied = "", False
        self.own, self.switches, self.ticks = {}, {}, {}
        self.what_if, self.pins, self.foreseen, self.asked = None, {}, {}, {}
        self.forget_answers()
        self.epoch += 1

    def forget_answers(self, *sides: str) -> None:
        """Drop what was answered to a prompt.

        Args:
            sides: ``left``, ``right``; none: both.
        """
        for side in sides or ("left", "right"):
            self.chat.pop(f"{side}_answer", None)

    def confirms(self, button: str) -> bool:
        """Whether a button that takes much away is pressed for the second time in a row."""
        again = self.armed == button
        self.armed = "" if again else button
        return again


class Sessions:
    """The tabs this server knows, in memory and under ``folder``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: dict[str, Session] = {}
        self._seen: dict[str, float] = {}
        self._lock = threading.Lock()
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._keep_newest()

    def get(self, token: object) -> Session:
        """The session of a token; a new token gets a new one.

        Raises:
            ValueError: not a token.
        """
        if not isinstance(token, str) or not TOKEN.fullmatch(token):
            raise ValueError("not a session token")
        with self._lock:
            if token not in self._known:
                self._known[token] = self._read(token)
                self._forget_oldest()
            self._seen[token] = time.monotonic()
            return self._known[token]

    def touch(self, token: str) -> None:
        """Tell the followers of a session that it changed, and keep it on disk."""
        session = self.get(token)
        with self._lock:
            session.revision += 1
            kept = {k: v for k, v in asdict(session).items() if k not in _PASSING}
            target = self._folder / f"{token}.json"
            part = target.with_suffix(".part")
            part.write_text(json.dumps(kept), encoding="utf-8")
            part.replace(target)

    def _read(self, token: str) -> Session:
        path = self._folder / f"{token}.json"
        try:
            kept = json.loads(path.read_text(encoding="utf-8"))
            known = {f.name for f in fields(Session)}
            session = Session(**{k: v for k, v in kept.items() if k in known})
            session.chat.pop("asking", None)  # a server that ended in mid-answer asks no more
            return session
        except (OSError, ValueError, TypeError):
            return Session()  # a new tab, or a file of another version: start at the first screen

    def _keep_newest(self) -> None:
        """Delete files of tabs that were left long ago, and what a server that was killed left."""
        for part in self._folder.glob("*.part"):
            part.unlink(missing_ok=True)
        files = sorted(self._folder.glob("*.json"), key=lambda path: path.stat().st_mtime)
        for path in files[:-KEPT]:
            path.unlink(missing_ok=True)

    def _forget_oldest(self) -> None:
        while len(self._known) > KEPT:
            oldest = min(self._seen, key=lambda token: self._seen[token])
            self._known.pop(oldest, None)
            self._seen.pop(oldest, None)
            with contextlib.suppress(OSError):
                (self._folder / f"{oldest}.json").unlink()
