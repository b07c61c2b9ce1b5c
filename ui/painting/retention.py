"""Why a model has no mean retention, in words."""

from collections.abc import Mapping, Sequence

from obim import ScoreState, SkillState
from ui.i18n import t
from ui.painting.methods import model_label
from ui.painting.skills import skill_title
from ui.painting.wording import names

Scores = Mapping[tuple[str, str], ScoreState]


def lacking(
    lang: str, skills: Sequence[SkillState], scores: Scores, donors: Sequence[str], model: str
) -> str:
    """Which figure it takes that is not there.

    Args:
        lang: ``en`` or ``ja``.
        skills: those that were scored.
        scores: (skill, model) -> score, all on one amount of items.
        donors: their names.
        model: the model without a mean retention.
    """

    def titles(found: Sequence[SkillState]) -> str:
        return names(lang, [skill_title(lang, skill) for skill in found])

    kinds = {skill: score.unit for (skill, _), score in scores.items()}
    own = [s for s in skills if s.donor is not None and kinds.get(s.id) == "share"]
    if not own:
        return t(lang, "evaluate.kept.none")
    unscored = [s for s in own if (s.id, model) not in scores]
    if unscored:
        label = model_label(lang, model)
        return t(lang, "evaluate.kept.model", model=label, skills=titles(unscored))
    alone = [s for s in own if not any((s.id, donor) in scores for donor in donors)]
    if alone:
        return t(lang, "evaluate.kept.donor", skills=titles(alone))
    if not any(scores[s.id, d].score > 0 for s in own for d in donors if (s.id, d) in scores):
        return t(lang, "evaluate.kept.zero")
    return t(lang, "evaluate.kept.items")
