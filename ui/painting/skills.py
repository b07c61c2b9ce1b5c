"""Evaluation sets and scores as the screens name and choose them."""

from obim import RunState, ScoreState, SkillState, is_of
from ui.painting.budget import chosen
from ui.session import Session


def skill_title(lang: str, skill: SkillState) -> str:
    """An evaluation set's name in the user's language."""
    return skill.title.get(lang) or skill.title.get("en") or skill.id


def scores_shown(state: RunState, session: Session) -> dict[tuple[str, str], ScoreState]:
    """The scores to show: of the merged model only those of the present turn."""
    return {
        (score.skill, score.model): score
        for score in state.scores
        if is_of(score, chosen(session), state.budgets) and score.turn in (None, state.turn)
    }
