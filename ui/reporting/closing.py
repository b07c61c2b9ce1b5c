"""The chapters after the results: risks, recommendation, reproduction, the charts' figures."""

import shlex
from pathlib import PurePath

from obim import Donor, Fact, MergeSpec, Report, command_name, dump_recipe
from ui.painting.wording import names
from ui.reporting.blocks import Block, Bullets, Chapter, Code, Paragraph, Table, Text
from ui.reporting.interference import layer_names
from ui.reporting.results import curve_frame
from ui.reporting.words import Speaker, figure

_RULES = 6


def risks(report: Report, speaker: Speaker) -> Chapter:
    """What speaks for caution."""
    found = [(speaker.remark("risk", risk), risk.grave) for risk in report.risks]
    return Chapter("risks", speaker.say("chapter.risks"), [Bullets(found)])


def decision(report: Report, speaker: Speaker) -> Text:
    """The recommendation in one sentence."""
    skills = names(speaker.lang, [speaker.skill(name) for name in report.advice.skills])
    return speaker.say(f"decision.{report.advice.decision}", skills=skills)


def advice(report: Report, speaker: Speaker) -> Chapter:
    """The recommendation, why, and the rules it follows from."""
    others = [r for r in report.advice.reasons if "skill" not in r.names]
    blocks: list[Block] = [Paragraph(decision(report, speaker), "lead")]
    if others:
        blocks.append(Paragraph(speaker.say("reasons")))
        blocks.append(Bullets([(speaker.remark("reason", r), r.grave) for r in others]))
    rule = figure(Fact("rule", report.advice.rule, "count"))
    blocks += [
        Paragraph(speaker.say("reasons.skills")),
        Paragraph(speaker.say("rules", rule=rule)),
        Table(
            speaker.say("chapter.advice"), ["", ""],
            [[str(i), speaker.say(f"rule.{i}")] for i in range(1, _RULES + 1)],
            [report.advice.rule - 1],
        ),
        Paragraph(speaker.say("rule.weaker"), "small"),
        Paragraph(speaker.say("terms"), "small"),
    ]  # fmt: skip
    return Chapter("advice", speaker.say("chapter.advice"), blocks)


def again(report: Report, speaker: Speaker) -> Chapter:
    """Recipe, commands and the hash of the export."""
    state, blocks = report.state, list[Block]()
    blocks.append(Paragraph(speaker.say("again.text")))
    if 0 < state.turn < state.spec.turns:
        told = {
            "turn": figure(Fact("turn", state.turn, "count")),
            "turns": figure(Fact("turns", state.spec.turns, "count")),
        }
        blocks.append(Paragraph(speaker.say("again.unfinished", **told)))
    sets = {skill.id: command_name(skill) for skill in state.skills}
    commands = "\n".join(["obim merge recipe.yaml out", *map(_scoring, sets.values())])
    blocks.append(Code(commands, speaker.say("again.commands")))
    if any(skill != name for skill, name in sets.items()):
        blocks.append(Paragraph(speaker.say("again.own_sets"), "small"))
    blocks.append(Code(dump_recipe(_public(state.spec)), speaker.say("again.recipe")))
    blocks.append(Paragraph(speaker.say("again.models"), "small"))
    done = next((e for e in reversed(state.exports) if e.turn == state.turn), None)
    if done is not None:
        blocks.append(Code(done.content_hash, speaker.say("again.hash", name=done.name)))
        if done.identical:
            same = "again.same" if done.evaluated else "again.same_merged"
            said = same if done.exact else "again.same_rounded"
            blocks.append(Paragraph(speaker.say(said, dtype=done.dtype)))
    blocks.append(Paragraph(speaker.say("again.paper"), "small"))
    return Chapter("again", speaker.say("chapter.again"), blocks)


def _scoring(name: str) -> str:
    """The command that scores the merge on a set."""
    known = f"-- {shlex.quote(name)}" if name.startswith("-") else shlex.quote(name)
    return f"obim evaluate out {known}"


def _public(spec: MergeSpec) -> MergeSpec:
    """The spec without where on a disk its files lie."""
    donors = [
        Donor(
            **donor.model_dump(exclude={"source", "calibration"}), source=_named(donor.source),
            calibration=None if donor.calibration is None else _named(donor.calibration),
        )
        for donor in spec.donors
    ]  # fmt: skip
    return spec.model_copy(update={"base": _named(spec.base), "donors": tuple(donors)})


def _named(ref: str) -> str:
    return ref if ref.startswith(("demo:", "hub:")) else PurePath(ref).name or ref


def tables(report: Report, speaker: Speaker) -> Chapter | None:
    """What the charts show, as tables; None where there are no charts with their own."""
    blocks = [*_layers(report, speaker), *_turns(report, speaker)]
    return Chapter("tables", speaker.say("chapter.tables"), blocks) if blocks else None


def _layers(report: Report, speaker: Speaker) -> list[Block]:
    if not report.state.turn or not report.positions:
        return []
    donors = [donor.name for donor in report.state.spec.donors]
    rows: list[list[Text]] = []
    sizes = report.state.group_sizes
    for i, (name, size) in enumerate(zip(layer_names(report, speaker), sizes, strict=True)):
        owned, whole = report.owned[i], max(size, 1)
        left = Fact(f"layer/{i}/base", (size - sum(owned)) / whole, "share")
        parts = [
            Fact(f"layer/{i}/{donor}", n / whole, "share")
            for donor, n in zip(donors, owned, strict=True)
        ]
        rows.append([name, *map(figure, (*parts, left))])
    heads = [speaker.say("interference.layer"), *donors, speaker.model("base")]
    return [Table(speaker.say("interference.layers"), heads, rows)]


def _turns(report: Report, speaker: Speaker) -> list[Block]:
    frame = curve_frame(report, speaker)
    if frame.empty:
        return []
    skills = list(frame["id"].drop_duplicates())
    cells: dict[tuple[int, str], Text] = {}
    for row in frame.to_dict("records"):
        at, tail = (int(row["turn"]), str(row["id"])), f"{row['id']}/{int(row['turn'])}"
        ends = (float(row["score"]), float(row["low"]), float(row["high"]))
        cells[at] = speaker.interval(f"curve/{tail}", ends, "share")
    rows = [
        [figure(Fact("curve_turn", turn, "count")), *(cells.get((turn, s), "") for s in skills)]
        for turn in sorted({turn for turn, _ in cells})
    ]
    heads = [speaker.say("curves.turn"), *map(speaker.skill, skills)]
    return [Table(speaker.say("curves.caption"), heads, rows)]
