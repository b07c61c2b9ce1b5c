"""The chapter on the rules that were set: each with its limit, what was measured, and its light."""

from collections.abc import Sequence

from markupsafe import Markup

from obim import Fact, Figure, Report, Rule
from ui.painting.gates import gate_at
from ui.reporting.blocks import Block, Bullets, Chapter, Paragraph, Table, Text
from ui.reporting.words import Speaker, figure, say

_HEADS = ("rule", "merge", "against", "measured", "limit", "light")


def rules(report: Report, speaker: Speaker, asked: Sequence[Rule]) -> Chapter | None:
    """What became of the rules at the present turn; None where there are none.

    Args:
        report: of the run.
        speaker: of its language.
        asked: the rules as they are set now, judged or not.
    """
    gate, blocks = gate_at(report.state, report.state.turn), list[Block]()
    turn = figure(Fact("turn", report.state.turn, "count"))
    if gate is None and not asked:
        return None
    if gate is not None:
        rows = [
            _row(report, speaker, (i, verdict.rule), one)
            for i, verdict in enumerate(gate.verdicts)
            for one in verdict.figures
        ]
        heads = [speaker.say(f"gates.{key}") for key in _HEADS]
        blocks += [
            Paragraph(speaker.say(f"reason.gate_{gate.light}", turn=turn)),
            Table(speaker.say("chapter.gates"), heads, rows),
            Paragraph(say(speaker.lang, "gates.foot"), "small"),
        ]
    judged = tuple(verdict.rule for verdict in gate.verdicts) if gate is not None else ()
    if asked and tuple(asked) != judged:
        key = "gates.unjudged" if gate is None else "gates.changed"
        blocks.append(Paragraph(speaker.say(key, turn=turn)))
        told = [(_sentence(speaker, rule, f"asked/{i}"), False) for i, rule in enumerate(asked)]
        blocks.append(Bullets(told))
    return Chapter("gates", speaker.say("chapter.gates"), blocks)


def _sentence(speaker: Speaker, rule: Rule, place: str) -> Markup:
    """A rule in plain words, its limit a figure."""
    every = "_every" if rule.skill is None else ""
    limit = figure(Fact(f"limit/{place}", rule.limit, "number"))
    name = speaker.skill(rule.skill or "")
    donor = speaker.donor(rule.skill or "")
    return say(
        speaker.lang, f"gates.{rule.kind}{every}", skill=name, limit=limit, donor=donor
    )  # fmt: skip


def _row(report: Report, speaker: Speaker, ruled: tuple[int, Rule], one: Figure) -> list[Text]:
    """One skill under a rule, in points: "fall" to the base, "keep" to a share of its donor."""
    number, rule = ruled
    tail, asked = f"{number}/{one.skill}", rule.limit / 100
    fall = rule.kind == "fall"
    shift = asked if fall else 0.0
    score = figure(Fact(f"gate_score/{tail}", one.score, "share"))
    reference = figure(Fact(f"gate_other/{tail}", one.reference, "share"))
    against: Text = Markup("{} {}").format(speaker.model(one.against), reference)
    if not fall:
        floor = figure(Fact(f"gate_floor/{tail}", asked * one.reference, "share"))
        limit = figure(Fact(f"limit/{number}", rule.limit, "number"))
        against = speaker.say("gates.part", limit=limit, against=against, floor=floor)
    ends = (one.margin - shift, one.low - shift, one.high - shift)
    light = Markup('<b class="light {}">● {}</b>').format(
        one.light, say(speaker.lang, f"gates.{one.light}")
    )
    if one.needed is not None:
        needed = figure(Fact(f"gate_needed/{tail}", one.needed, "count"))
        light += Markup("<small>{}</small>").format(say(speaker.lang, "gates.needed", n=needed))
    items = figure(Fact(f"gate_items/{tail}", one.n, "count"))
    return [
        _sentence(speaker, rule, str(number)),
        Markup("{} <small>{}</small>").format(
            speaker.say("gates.scored", skill=speaker.skill(one.skill), score=score),
            speaker.say("gates.items", n=items),
        ),
        against,
        speaker.interval(f"gate/{tail}", ends, "points"),
        figure(Fact(f"gate_limit/{tail}", 0 - shift, "points")),
        light,
    ]
