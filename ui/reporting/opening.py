"""The chapters before the results: the question, the models, the method, what was measured."""

from markupsafe import Markup

from obim import Fact, ModelFacts, Report
from ui.painting.methods import estimator_label
from ui.painting.wording import known, names
from ui.reporting.blocks import Block, Bullets, Chapter, Drawing, Paragraph, Table, Text
from ui.reporting.method_picture import method_picture
from ui.reporting.words import Speaker, figure


def question(report: Report, speaker: Speaker) -> Chapter:
    """Who is to be merged into what, and which skills are looked at."""
    spec, lang = report.state.spec, speaker.lang
    donors = names(lang, [donor.name for donor in spec.donors])
    key = "question" if len(spec.donors) > 1 else "question.one"
    blocks: list[Block] = [Paragraph(speaker.say(key, donors=donors, base=base_name(report)))]
    if report.state.skills:
        skills = names(lang, [speaker.skill(skill.id) for skill in report.state.skills])
        blocks.append(Paragraph(speaker.say("question.skills", skills=skills)))
    return Chapter("question", speaker.say("chapter.question"), blocks)


def base_name(report: Report) -> str:
    """What the report calls the base."""
    return report.models[0].origin.title


def models(report: Report, speaker: Speaker) -> Chapter:
    """Base and donors with their licences."""
    heads = ("role", "name", "licence", "kind", "parameters", "changed")
    rows = [_model_row(model, speaker) for model in report.models]
    head = [speaker.say(f"models.{name}") for name in heads]
    blocks: list[Block] = [Table(speaker.say("models.caption"), head, rows)]
    if not report.state.cards:
        blocks.append(Paragraph(speaker.say("models.unchecked")))
    blocks.append(Paragraph(speaker.say("models.note"), "small"))
    return Chapter("models", speaker.say("chapter.models"), blocks)


def _model_row(model: ModelFacts, speaker: Speaker) -> list[Text]:
    lang, card, none = speaker.lang, model.card, speaker.say("none")
    role = known(lang, "models.base" if model.donor is None else "models.donor", "")
    name = model.origin.title if model.donor is None else model.name
    named: Text = name
    if name != model.origin.title:
        named = Markup("{} <small>{}</small>").format(name, model.origin.title)
    row: list[Text] = [role, named]
    row.append(model.origin.licence or speaker.say("models.not_stated"))
    if card is None:
        return [*row, none, none, none]
    key = "base" if model.donor is None else model.name
    changed = card.changed if model.donor is not None else None
    return [
        *row, f"{card.architecture}, {known(lang, f'models.kind.{card.kind}', card.kind)}",
        figure(Fact(f"parameters/{key}", card.parameters, "count")),
        none if changed is None else figure(Fact(f"changed/{key}", changed, "share")),
    ]  # fmt: skip


def method(report: Report, speaker: Speaker) -> Chapter:
    """Three sentences, a picture, and the settings."""
    spec = report.state.spec
    text = Markup(" ").join(speaker.say(f"method.{i}") for i in (1, 2, 3))
    blocks: list[Block] = [
        Paragraph(text), Drawing(method_picture(speaker), speaker.say("method.picture")),
    ]  # fmt: skip
    if spec.method != "obim":
        label = speaker.model(spec.method)
        blocks.insert(0, Paragraph(speaker.say("method.other", method=label)))
    blocks += [_settings(report, speaker), _donors(report, speaker)]
    return Chapter("method", speaker.say("chapter.method"), blocks)


def _settings(report: Report, speaker: Speaker) -> Table:
    spec = report.state.spec
    order = speaker.say("settings.rotate" if spec.rotate else "settings.fixed")
    found: list[tuple[str, Text]] = [
        ("method", speaker.model(spec.method)),
        ("estimator", estimator_label(speaker.lang, spec.estimator)),
        ("rounds", figure(Fact("rounds", spec.rounds, "count"))),
        ("order", order),
        ("scope", speaker.say(f"scope.{spec.scope}")),
        ("dtype", spec.dtype),
        ("seed", figure(Fact("seed", spec.seed, "number"))),
    ]
    rows = [[speaker.say(f"settings.{name}"), value] for name, value in found]
    head = [speaker.say("settings.name"), speaker.say("settings.value")]
    return Table(speaker.say("settings.caption"), head, rows)


def _donors(report: Report, speaker: Speaker) -> Table:
    spec, none = report.state.spec, speaker.say("none")
    rows: list[list[Text]] = []
    for model in report.models[1:]:
        assert model.donor is not None
        name, measured = model.name, model.saliency
        density = Fact(f"density/{name}", spec.density_of(model.donor), "share")
        scale = Fact(f"scale/{name}", spec.donors[model.donor].scale, "number")
        row: list[Text] = [name, figure(density), figure(scale)]
        if measured is None:
            rows.append([*row, none, none, none, none])
            continue
        survival = measured.survival
        row += [
            speaker.say(f"source.{measured.source}"),
            figure(Fact(f"texts/{name}", measured.texts, "count")),
            figure(Fact(f"tokens/{name}", measured.tokens, "count")),
            none if survival is None else figure(Fact(f"survival/{name}", survival, "share")),
        ]
        rows.append(row)
    keys = ("density", "scale", "source", "texts", "tokens", "survival")
    heads = [speaker.say("models.name"), *(speaker.say(f"donors.{key}") for key in keys)]
    return Table(speaker.say("donors.caption"), heads, rows)


def measured(report: Report, speaker: Speaker) -> Chapter:
    """Which items were asked, and how they are scored."""
    board, blocks = report.measured, list[Block]()
    if board.amount is None:
        blocks.append(Paragraph(speaker.say("measured.nothing")))
        return Chapter("measured", speaker.say("chapter.measured"), blocks)
    blocks.append(Paragraph(speaker.say("measured.quick" if board.amount[0] else "measured.full")))
    blocks.append(Paragraph(speaker.say("measured.how")))
    rows: list[list[Text]] = []
    for skill in board.skills:
        score = next(s for (name, _), s in board.scores.items() if name == skill.id)
        judge = known(
            speaker.lang, f"own.judge.{score.evaluator}", score.evaluator.replace("_", " ")
        )
        if not score.higher_is_better:
            lower = known(speaker.lang, "evaluate.lower", "")
            judge += known(speaker.lang, "page.comma", "") + lower
        n = figure(Fact(f"items/{skill.id}", score.n, "count"))
        whose = skill.donor or speaker.say("measured.nobody")
        rows.append([speaker.skill(skill.id), whose, judge, n])
    heads = [speaker.say(f"measured.{key}") for key in ("skill", "donor", "judge", "items")]
    blocks.append(Table(speaker.say("measured.caption"), heads, rows))
    left_out = [speaker.skill(s.id) for s in report.state.skills if s not in board.skills]
    if left_out:
        told = speaker.say("measured.kept_out", skills=names(speaker.lang, left_out))
        blocks.append(Bullets([(told, False)]))
    return Chapter("measured", speaker.say("chapter.measured"), blocks)
