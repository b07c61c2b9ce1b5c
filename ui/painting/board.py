"""What of a run the scoreboard shows: models, skills, scores and verdicts. It lays nothing out."""

from obim import RunState, StandingState, VerdictState, rival
from ui.i18n import t
from ui.painting import past_turns
from ui.painting.budget import chosen
from ui.painting.contestants import (
    ablation_labels,
    labels,
    main_labels,
    stock_labels,
    switched_labels,
    tuned_labels,
)
from ui.painting.skills import scores_shown
from ui.session import Session


class Board:
    """What of a run the scoreboard shows, by skill and model (skill ``""``: over all).

    Attributes:
        scores: of the merged model those of the present turn, and earlier ones that are shown.
        models: those that were scored, in the order of their rows: the merge first, to be seen.
        skills: those that were scored, in the run's order.
    """

    def __init__(self, state: RunState, session: Session) -> None:
        self.state, amount = state, chosen(session)
        self.past = past_turns.shown(state, session)
        earlier = past_turns.past_scores(state, session)
        self.scores = scores_shown(state, session) | {
            place: score for place, score in earlier.items() if place[1] in self.past
        }
        self.standings: dict[tuple[str, str], StandingState] = {
            (s.skill, s.model): s for s in state.standings if (s.quick, s.seconds) == amount
        }
        self._verdicts: dict[tuple[str, str, str], VerdictState] = {
            (v.skill, v.model, v.against): v
            for v in state.verdicts
            if (v.quick, v.seconds) == amount
        }
        scored = {model for _, model in self.scores}
        switched = switched_labels(state)
        found = [m for m in (*switched, *labels(state), *self.past) if m in scored]
        self.models = sorted(found, key=lambda model: model != "merged")
        shown = {skill for skill, model in self.scores if model in self.models}
        self.skills = [skill for skill in state.skills if skill.id in shown]

    def caption(self, session: Session) -> str:
        """What all scores shown are, and of which items."""
        exact = all(score.evaluator == "exact_match" for score in self.scores.values())
        drawn = "full" if session.full else "quick"
        return t(session.lang, f"evaluate.caption{'' if exact else '_scores'}_{drawn}")

    def groups(self) -> list[tuple[str, list[str]]]:
        """(key of a heading, models below it); the first has none."""
        found = [
            ("", [*main_labels(self.state), *switched_labels(self.state)]),
            ("past", self.past),
            ("stock", stock_labels()),
            ("tuned", tuned_labels(self.state)),
            ("ablations", ablation_labels(self.state)),
        ]
        shown = {key: [m for m in self.models if m in group] for key, group in found}
        return [(key, models) for key, models in shown.items() if models]

    def verdict(self, skill: str, model: str) -> VerdictState | None:
        """OBIM against this model: who the verdict is of, is its ``model``."""
        ours = rival(model, self.models)
        return None if ours is None else self._verdicts.get((skill, ours, model))

    def change(self, skill: str, model: str) -> VerdictState | None:
        """This model against the base."""
        return self._verdicts.get((skill, model, "base"))

    def is_merge(self, model: str) -> bool:
        """Whether it is neither the base nor a donor."""
        return model not in {"base", *(donor.name for donor in self.state.spec.donors)}

    def is_best(self, skill: str, model: str) -> bool:
        """Whether no other merge scores higher; one merge alone is not the best."""
        worths = {m: w for m in self.models if self.is_merge(m) and (w := self._worth(skill, m))}
        return len(worths) > 1 and worths.get(model) == max(worths.values())

    def _worth(self, skill: str, model: str) -> float | None:
        """A score, the higher the better; None, or 0, where there is nothing to be the best of."""
        if not skill:
            standing = self.standings.get(("", model))
            return standing.score.value if standing is not None and standing.score else None
        score = self.scores.get((skill, model))
        if score is None:
            return None
        return score.score if score.higher_is_better else -score.score
