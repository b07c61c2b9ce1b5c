"""The chapter on interference: contested weights, pairs, places, and who owns how much."""

from itertools import combinations

import pandas as pd
from markupsafe import Markup

from obim import Fact, Finding, Overlap, Report
from ui.charts import interference_figure, occupancy_figure, occupancy_height
from ui.i18n import t
from ui.painting.facets import Figure, scale_of
from ui.painting.findings import against_chance
from ui.painting.wording import known, percent
from ui.reporting.blocks import Block, Bullets, Chapter, Chart, Paragraph, Table, Text
from ui.reporting.words import Speaker, figure, say

_HEIGHT = 320
_ROOMY = 10
"""Pairs (of 5 donors) up to which a cell has room for what is expected by chance."""


def interference(report: Report, speaker: Speaker) -> Chapter:
    """Contested weights, where donors contest, and who owns how much."""
    state = report.state
    blocks = [_contested(report, speaker), *_compared(report, speaker)]
    if not state.turn or not report.positions:
        blocks.append(Paragraph(speaker.say("interference.nothing")))
    else:
        blocks += [_owners(report, speaker), _occupancy(report, speaker)]
    return Chapter("interference", speaker.say("chapter.interference"), blocks)


def _contested(report: Report, speaker: Speaker) -> Paragraph:
    contested = report.state.contested
    if contested is None or not report.positions:
        return Paragraph(speaker.say("interference.not_prepared"))
    told = {
        "contested": Fact("contested", contested, "count"),
        "positions": Fact("positions", report.positions, "count"),
        "share": Fact("contested_share", contested / report.positions, "share"),
    }
    facts = {key: figure(fact) for key, fact in told.items()}
    return Paragraph(speaker.say("interference.contested", **facts))


def _compared(report: Report, speaker: Speaker) -> list[Block]:
    """Places and pairs, or that the donors weren't compared."""
    found = report.state.interference
    if found is None or not found.tensors:
        return [Paragraph(speaker.say("interference.not_compared"))]
    blocks: list[Block] = []
    if not found.done:
        blocks.append(Paragraph(speaker.say("interference.partly_compared")))
    if found.findings:
        places = [_place(report, speaker, i, one) for i, one in enumerate(found.findings)]
        blocks.append(Paragraph(speaker.say("interference.places")))
        blocks.append(Bullets([(place, False) for place in places]))
        blocks.append(Paragraph(say(speaker.lang, "explore.order"), "small"))
    pairs = [
        (pair, overlap)
        for pair in combinations(range(found.donors), 2)
        if (overlap := found.whole.overlap(*pair)) is not None
    ]
    if pairs:
        rows = [_pair(report, speaker, pair, overlap) for pair, overlap in pairs]
        keys = ("pair", "overlap", "chance", "conflict")
        heads = [speaker.say(f"interference.{key}") for key in keys]
        blocks.append(_heatmap(report, speaker, pairs))
        blocks.append(Table(speaker.say("interference.pairs"), heads, rows))
    return blocks


def _names(report: Report, pair: tuple[int, int]) -> dict[str, str]:
    donors = report.state.spec.donors
    return {"first": donors[pair[0]].name, "second": donors[pair[1]].name}


def _place(report: Report, speaker: Speaker, number: int, place: Finding) -> Text:
    """A place as the Interference screen has it: which weights both want, against chance."""
    (share, chance), pair = place.figures.both_want(*place.pair), place.pair
    told = {
        "share": share, "chance": chance, "opposed": place.figures.conflict(*pair) or 0.0,
        "one": place.figures.contested(*pair) or 0.0,
        "other": place.figures.contested(*pair[::-1]) or 0.0,
    }  # fmt: skip
    facts = {n: figure(Fact(f"place_{n}/{number}", x, "share")) for n, x in told.items()}
    key = "outside"
    if place.layers is not None:
        key = "layer" if place.layers[0] == place.layers[1] else "layers"
        ends = zip(("low", "high"), place.layers, strict=True)
        facts |= {n: figure(Fact(f"place_{n}/{number}", at, "count")) for n, at in ends}
    names = _names(report, pair)
    where = speaker.say(f"interference.place.{key}", module=place.module, **names, **facts)
    sign = against_chance(place)
    said = say(speaker.lang, f"explore.want.{sign}", **facts)
    return Markup("{} {} {}").format(
        where, said, speaker.say("interference.contests", **names, **facts)
    )


def _pair(report: Report, speaker: Speaker, pair: tuple[int, int], overlap: Overlap) -> list[Text]:
    assert report.state.interference is not None
    tail = f"{pair[0]}/{pair[1]}"
    opposed = report.state.interference.whole.conflict(*pair)
    conflict: Text = speaker.say("none")
    if opposed is not None:
        conflict = figure(Fact(f"conflict/{tail}", opposed, "share"))
    return [
        speaker.say("interference.pair_of", **_names(report, pair)),
        figure(Fact(f"overlap/{tail}", overlap.share, "share")),
        figure(Fact(f"chance/{tail}", overlap.chance, "share")),
        conflict,
    ]


def _heatmap(
    report: Report, speaker: Speaker, pairs: list[tuple[tuple[int, int], Overlap]]
) -> Chart:
    lang, figures = speaker.lang, []
    rows: list[dict[str, object]] = []
    for pair, overlap in pairs:
        beyond = 100 * (overlap.share - overlap.chance)
        chance = t(lang, "explore.chance", share=percent(overlap.chance))
        text = percent(overlap.share) + (f"<br>{chance}" if len(pairs) <= _ROOMY else "")
        rows.append({**_names(report, pair), "beyond": beyond, "text": text})
        figures.append(Figure(beyond / 100, ""))
    reach = 100 * scale_of(figures, "overlap").reach
    bar = speaker.say("interference.beyond")
    made = interference_figure(pd.DataFrame(rows), reach=reach, bar_title=bar)
    made = made.update_layout(height=_HEIGHT, margin={"t": 20}).to_json()
    return Chart("pairs", speaker.say("interference.pairs_chart"), made, _HEIGHT)


def _owners(report: Report, speaker: Speaker) -> Table:
    rows: list[list[Text]] = []
    for model in [*report.models[1:], report.models[0]]:
        key = "base" if model.donor is None else model.name
        owned = Fact(f"owned/{key}", model.owned, "count")
        share = Fact(f"owned_share/{key}", model.owned / report.positions, "share")
        rows.append([speaker.model(key), figure(owned), figure(share)])
    heads = [speaker.say(f"interference.{key}") for key in ("owner", "positions", "share")]
    return Table(speaker.say("interference.owners"), heads, rows)


def layer_names(report: Report, speaker: Speaker) -> list[str]:
    """The rows of the occupancy chart in words."""
    return [
        str(layer) if layer is not None else known(speaker.lang, f"group.{label}", label)
        for label, layer in report.state.groups
    ]


def _occupancy(report: Report, speaker: Speaker) -> Chart:
    base, donors = speaker.model("base"), [d.name for d in report.state.spec.donors]
    rows = []
    sizes = report.state.group_sizes
    for name, size, row in zip(layer_names(report, speaker), sizes, report.owned, strict=True):
        rows.append({"layer": name, "owner": base, "share": 1 - sum(row) / size if size else 1.0})
        rows += [
            {"layer": name, "owner": donor, "share": n / size if size else 0.0}
            for donor, n in zip(donors, row, strict=True)
        ]
    words = {
        "base": base, "y_title": speaker.say("interference.layer"),
        "x_title": speaker.say("interference.share"),
    }  # fmt: skip
    height = occupancy_height(len(sizes))
    made = occupancy_figure(pd.DataFrame(rows), **words)
    made = made.update_layout(height=height, margin={"t": 70}).to_json()
    return Chart("owners", speaker.say("interference.chart"), made, height)
