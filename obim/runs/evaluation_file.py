"""``evaluation.json`` of an exported folder: what was measured before, to compare with later.

It holds results of items, and no prompt and no answer. Nothing is measured here.
"""

from pathlib import Path

from pydantic import ValidationError

from obim.errors import EvaluationError
from obim.runs.reading import RunReader
from obim.runs.scored import ScoreState
from obim.runs.switches import MERGED
from obim.types import Frozen

NAME = "evaluation.json"


class StoredScore(Frozen):
    """One score with its items.

    Attributes:
        title: what the set is called on screen.
        score: as the page showed it.
        items: item id -> value, in the order of the items.
        weights: item id -> weight, where they are not all 1.
    """

    title: str
    score: ScoreState
    items: dict[str, float]
    weights: dict[str, float]

    def weight(self, item: str) -> float:
        """Of one item."""
        return self.weights.get(item, 1.0)


class EvaluationFile(Frozen):
    """All scores of the turn that was exported.

    Attributes:
        turn: that was exported.
        turns: of the whole merge.
        dtype: of the weights that were evaluated.
        written: dtype of the weights in the folder.
        computing: dtype that the answers were computed in; "" in older files, which don't tell.
        scores: of base, donors, other methods and, as ``merged``, of this model.
    """

    turn: int
    turns: int
    dtype: str
    written: str
    computing: str = ""
    scores: tuple[StoredScore, ...]

    def of_this_model(self) -> tuple[StoredScore, ...]:
        """The scores of the model in the folder, those of most items first."""
        own = (stored for stored in self.scores if stored.score.model == MERGED)
        return tuple(sorted(own, key=lambda stored: -stored.score.n))


def write_table(reader: RunReader, turn: int, written: str, computing: str) -> str:
    """Text of the file for a run, at a turn.

    Args:
        reader: of the run's journal.
        turn: that is exported.
        written: dtype of the weights in the folder.
        computing: dtype that answers are computed in.
    """
    state = reader.state()
    titles = {skill.id: skill.title.get("en", skill.id) for skill in state.skills}
    scores = []
    for score in state.scores:
        if score.turn not in (None, turn):
            continue
        key = (score.model, score.turn, score.skill, score.quick, score.n)
        results = reader.scores.items(key)
        scores.append(
            StoredScore(
                title=titles.get(score.skill, score.skill),
                score=score,
                items={item: result.value for item, result in results.items()},
                weights={i: r.weight for i, r in results.items() if r.weight != 1},
            )
        )
    table = EvaluationFile(
        turn=turn,
        turns=state.spec.turns,
        dtype=state.spec.dtype,
        written=written,
        computing=computing,
        scores=tuple(scores),
    )
    return table.model_dump_json(indent=1) + "\n"


def read_table(folder: Path) -> EvaluationFile | None:
    """The table of an exported folder; None where it carries none.

    Raises:
        EvaluationError: the file is damaged.
    """
    path = folder / NAME
    try:
        return EvaluationFile.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError) as error:
        raise EvaluationError(
            "{path} is damaged or of another version; copy the exported folder again.", path=path
        ) from error
