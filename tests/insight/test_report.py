"""What a report says of a run: the rules of its advice, one by one, and the risks it finds."""

from typing import Any

import pytest

from obim import (
    Advice,
    ExportState,
    GateState,
    Origin,
    Remark,
    Report,
    RunState,
    Verdict,
    report_on,
)  # fmt: skip
from obim.evaluation.rules import Rule
from tests.ui.report_run import RATES, finished_run, unfinished_run

WELL = {
    "dates": {"base": 0.05, "Dates": 0.8, "merged": 0.8},
    "orders": {"base": 0.1, "Orders": 0.9, "merged": 0.88},
    "hostile": {"base": 0.2, "merged": 0.6},
    "general": {"base": 0.6, "merged": 0.62},
}
FELL = WELL | {"general": {"base": 0.6, "merged": 0.3}}
NOWHERE = {skill: {"base": 0.5, "merged": 0.48} for skill in ("dates", "orders", "hostile")}


def report(state: RunState) -> Report:
    refs = (state.spec.base, *(donor.source for donor in state.spec.donors))
    return report_on(state, {ref: Origin(ref, "") for ref in refs})


def advised(rates: dict[str, dict[str, float]] = WELL, **settings: Any) -> Advice:
    return report(finished_run(rates, **settings)).advice


def risks(state: RunState) -> dict[str, list[Remark]]:
    found: dict[str, list[Remark]] = {}
    for risk in report(state).risks:
        found.setdefault(risk.key, []).append(risk)
    return found


def gate(light: Any) -> tuple[GateState, ...]:
    verdict = Verdict(rule=Rule(kind="fall", limit=5), light=light, figures=())
    return (GateState(turn=12, light=light, verdicts=(verdict,), retention=None),)


def test_all_gained_or_held_is_to_be_used() -> None:
    advice = advised()
    assert (advice.decision, advice.rule) == ("use", 5)
    assert advice.skills == ("dates", "orders", "hostile", "general")


def test_nothing_merged_is_to_be_measured_first() -> None:
    advice = report(unfinished_run()[1]).advice
    assert (advice.decision, advice.rule, advice.skills) == ("measure", 1, ())
    assert advice.reasons[0].key == "nothing_merged"


def test_scores_of_an_earlier_turn_are_none_of_this_one() -> None:
    state = finished_run(WELL)
    verdicts = state.model_copy(update={"turn": 8, "verdicts": (), "standings": ()})
    advice = report(verdicts).advice
    assert (advice.decision, advice.rule) == ("measure", 1)


@pytest.mark.parametrize("light", ["red", "amber", "green"])
def test_a_rule_that_is_broken_or_in_doubt(light: str) -> None:
    advice = advised(gates=gate(light))
    wanted = {"red": ("dont", 2), "amber": ("partly", 6), "green": ("use", 5)}
    assert (advice.decision, advice.rule) == wanted[light]
    assert advice.reasons[0].key == f"gate_{light}"


def test_an_export_that_differs_is_not_to_be_used() -> None:
    done = ExportState(
        name="x", path="/x", dtype="bfloat16", files={}, content_hash="0", identical=False,
        exact=False, turn=12, evaluated=True,
    )  # fmt: skip
    advice = advised(exports=(done,))
    assert (advice.decision, advice.rule) == ("dont", 2)
    rounded = done.model_copy(update={"identical": True})
    assert advised(exports=(rounded,)).decision == "use"
    assert "differs" not in risks(finished_run(WELL, exports=(rounded,)))


def test_a_lost_skill_leaves_the_others() -> None:
    advice = advised(FELL)
    assert (advice.decision, advice.rule) == ("partly", 4)
    assert advice.skills == ("dates", "orders", "hostile")
    lost = next(r for r in advice.reasons if r.key == "lost")
    assert lost.grave
    assert lost.names["skill"] == "general"


def test_a_lost_skill_without_any_gain_is_not_to_be_used() -> None:
    only = {"general": {"base": 0.6, "merged": 0.3}}
    advice = advised(only)
    assert (advice.decision, advice.rule, advice.skills) == ("dont", 4, ())


def test_a_lost_skill_and_a_rule_in_doubt_are_to_be_measured() -> None:
    advice = advised(FELL, gates=gate("amber"))
    assert (advice.decision, advice.rule, advice.skills) == ("measure", 4, ())
    assert advised(FELL, gates=gate("green")).decision == "partly"


@pytest.mark.parametrize("rates", [WELL, FELL, NOWHERE])
def test_practice_items_never_make_a_recommendation_to_use(
    rates: dict[str, dict[str, float]],
) -> None:
    advice = advised(rates, quick=True)
    assert (advice.decision, advice.rule, advice.skills) == ("measure", 3, ())
    assert "quick" in {reason.key for reason in advice.reasons}
    broken = advised(rates, quick=True, gates=gate("red"))
    assert (broken.decision, broken.rule) == ("dont", 2)


def test_what_cannot_be_told_is_to_be_measured() -> None:
    advice = advised(NOWHERE)
    assert (advice.decision, advice.rule) == ("measure", 6)
    mixed = advised(WELL | {"hostile": NOWHERE["hostile"]})
    assert (mixed.decision, mixed.rule) == ("partly", 6)
    assert "hostile" not in mixed.skills


def test_worse_than_the_donor_alone_is_said_where_the_skill_gained() -> None:
    advice = advised(RATES)
    weaker = [r for r in advice.reasons if r.key == "gained_weaker"]
    assert [r.names["skill"] for r in weaker] == ["orders"]
    assert {"donor_diff", "donor_low", "donor_high", "donor_other"} <= weaker[0].facts.keys()
    assert weaker[0].grave


def test_a_skill_below_its_donor_alone_is_left_out() -> None:
    below = WELL | {"orders": RATES["orders"]}  # 50 %; base 10 %, the donor alone 90 %
    advice = advised(below)
    assert (advice.decision, advice.rule) == ("partly", 6)
    assert advice.skills == ("dates", "hostile", "general")
    alone = {"orders": RATES["orders"]}
    assert (advised(alone).decision, advised(alone).skills) == ("measure", ())


def test_a_held_skill_below_a_donor_alone_says_so() -> None:
    advice = advised(WELL | {"general": {"base": 0.6, "Dates": 0.95, "merged": 0.6}})
    assert (advice.decision, advice.rule) == ("partly", 6)
    assert advice.skills == ("dates", "orders", "hostile")
    (held,) = [r for r in advice.reasons if r.names.get("skill") == "general"]
    assert (held.key, held.grave, held.names["against"]) == ("held_weaker", True, "Dates")


def test_a_skill_that_the_base_cannot_do_is_not_called_held() -> None:
    """Five of ten right against none: no significant gain, and nothing there to hold."""
    state = finished_run(WELL | {"general": {"base": -1.0, "merged": 0.02}})
    (outcome,) = [o for o in report(state).outcomes if o.skill.id == "general"]
    assert outcome.base is not None
    assert (outcome.outcome, outcome.base.verdict) == ("unclear", "unclear")
    (said,) = [r for r in report(state).advice.reasons if r.names.get("skill") == "general"]
    assert said.key.startswith("unclear_zero")
    assert {"score", "diff", "p", "n"} <= said.facts.keys()
    assert not [r for rs in risks(state).values() for r in rs if r.names.get("skill") == "general"]


def test_only_what_may_have_fallen_is_a_risk() -> None:
    """General is as good as the base: held, and its interval rules out a fall."""
    rates = WELL | {
        "general": {"base": 0.6, "merged": 0.6},
        "hostile": {"base": 0.5, "merged": 0.46},
    }
    state = finished_run(rates)
    made = report(state)
    told = {o.skill.id: o for o in made.outcomes}
    assert told["general"].outcome == "held"
    open_ = {
        (o.skill.id, v.against)
        for o in made.outcomes
        for v in (o.base, o.donor)
        if v is not None and v.verdict == "unclear" and v.difference.low < -0.05
    }
    listed = {
        (r.names["skill"], r.names["against"])
        for key, found in risks(state).items()
        if key.startswith("unclear")
        for r in found
    }
    assert listed == open_
    assert open_
    assert all(told[skill].outcome != "held" for skill, against in listed if against == "base")


def test_turns_that_are_left_are_named_and_limit_the_recommendation() -> None:
    state = finished_run(WELL)
    spec = state.spec.model_copy(update={"rounds": state.spec.rounds + 1})
    advice = report(state.model_copy(update={"spec": spec})).advice
    assert (advice.decision, advice.rule) == ("partly", 6)
    (left,) = [r for r in advice.reasons if r.key == "unfinished"]
    assert left.facts["turn"].value == state.turn
    assert left.facts["turns"].value == spec.turns > state.turn
    assert "unfinished" not in {r.key for r in report(state).advice.reasons}


def test_a_merge_below_a_plain_average_is_not_simply_to_be_used() -> None:
    rates = {skill: models | {"linear": 0.97} for skill, models in WELL.items()}
    advice = advised(rates)
    assert (advice.decision, advice.rule) == ("partly", 6)
    (worse,) = [r for r in advice.reasons if r.key == "average"]
    assert worse.grave
    assert worse.facts["score"].value < worse.facts["other"].value


def test_full_scores_count_rather_than_quick_ones() -> None:
    made = report(finished_run(WELL))
    assert made.measured.amount == (False, None)
    assert not any(score.quick for score in made.measured.scores.values())


def test_risks_of_the_skills_come_with_their_figures() -> None:
    found = risks(finished_run(FELL | {"orders": RATES["orders"]}))
    assert [r.names["skill"] for r in found["fell"]] == ["general"]
    assert [r.names["skill"] for r in found["below_donor"]] == ["orders"]
    for risk in (*found["fell"], *found["below_donor"]):
        assert {"score", "other", "diff", "low", "high", "n"} <= risk.facts.keys()
        assert risk.facts["high"].value < 0


def test_risks_of_small_samples() -> None:
    found = risks(finished_run(RATES, quick=True))
    assert len(found["quick"]) == 1
    needed = [r for r in found["unclear_needed"] if r.names["against"] == "base"]
    assert all(r.facts["needed"].value > r.facts["n"].value for r in needed)
    outcomes = report(finished_run(RATES)).outcomes
    tests = sum((o.base is not None) + (o.donor is not None) for o in outcomes)
    assert risks(finished_run(RATES))["tests"][0].facts["tests"].value == tests


def test_risks_of_texts_statistics_and_weights() -> None:
    state = finished_run(WELL)
    first, second, third = state.saliency
    changed = (
        first.model_copy(update={"source": "self", "missing": {"a": "why", "b": "why"}}),
        second.model_copy(update={"survival": 0.95}),
        third.model_copy(update={"source": "none", "survival": None}),
    )
    turns = tuple(turn.model_copy(update={"short": 2}) for turn in state.turns)
    found = risks(state.model_copy(update={"saliency": changed, "turns": turns}))
    assert found["missing"][0].facts["missing"].value == 2
    assert [r.names["donor"] for r in found["self_texts"]] == [first.donor]
    assert [r.names["donor"] for r in found["no_texts"]] == [third.donor]
    assert [r.names["donor"] for r in found["cast"]] == [first.donor]  # 52 %; 95 % is enough
    assert found["short"][0].facts["short"].value == 2 * len(turns)


def test_risks_of_the_export() -> None:
    assert "not_exported" not in risks(finished_run(WELL))
    assert "not_exported" in risks(finished_run(WELL, exports=()))
    state = finished_run(WELL)
    other = state.exports[0].model_copy(update={"dtype": "float16"})
    assert "other_dtype" in risks(state.model_copy(update={"exports": (other,)}))


def test_a_plain_average_that_is_as_good_is_a_risk() -> None:
    rates = {skill: models | {"linear": models["merged"]} for skill, models in WELL.items()}
    assert len(risks(finished_run(rates))["average"]) == 1
    worse = {skill: models | {"linear": models["base"]} for skill, models in WELL.items()}
    assert "average" not in risks(finished_run(worse))


def test_assumptions_are_always_told() -> None:
    for state in (unfinished_run()[1], finished_run(WELL)):
        assert {"diagonal", "generated", "only_these"} <= risks(state).keys()


def test_owned_weights_are_the_sum_of_the_claims() -> None:
    state = finished_run(WELL)
    made = report(state)
    claimed = [sum(map(sum, (t.claimed for t in state.turns if t.donor == k))) for k in range(3)]
    assert [model.owned for model in made.models[1:]] == claimed
    assert made.models[0].owned == made.positions - sum(claimed)
