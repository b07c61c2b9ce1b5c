"""Figures and sentences of the report as markup: everything else in them is escaped.

A figure is a <data> element: what is read is rounded, its value is the run's, its data-figure
says where in the run it stands.
"""

from collections.abc import Mapping

from markupsafe import Markup, escape

from obim import Fact, Remark, RunState, Unit
from ui.i18n import t
from ui.painting.methods import model_label
from ui.painting.skills import skill_title
from ui.painting.wording import percent, signed


def shown(fact: Fact) -> str:
    """A figure as it is read."""
    if fact.unit == "share":
        return percent(fact.value)
    if fact.unit == "points":
        return signed(100 * fact.value)
    if fact.unit == "count":
        return f"{int(fact.value):,}"
    if fact.unit == "p":
        return f"{fact.value:.3f}" if fact.value >= 0.001 else "< 0.001"
    return f"{fact.value:.3g}"


def figure(fact: Fact, bare: bool = False) -> Markup:
    """A figure as markup.

    Args:
        bare: without its sign of per cent, beside one that has it.
    """
    read = shown(fact).removesuffix("\u00a0%") if bare else shown(fact)
    made = Markup('<data value="{}" data-figure="{}">{}</data>')
    return made.format(repr(fact.value), fact.path, read)


def say(lang: str, key: str, **values: object) -> Markup:
    """Sentence ``key``; what fills it is escaped unless it is markup."""
    return Markup(escape(t(lang, key))).format(**values)


class Speaker:
    """Sentences of one report in one language."""

    def __init__(self, lang: str, state: RunState) -> None:
        self.lang = lang
        self._titles = {skill.id: skill_title(lang, skill) for skill in state.skills}
        self._donors = {skill.id: skill.donor or "" for skill in state.skills}

    def say(self, key: str, **values: object) -> Markup:
        """Sentence ``report.<key>``."""
        return say(self.lang, f"report.{key}", **values)

    def skill(self, name: str) -> str:
        """A skill's title by its id."""
        return self._titles.get(name, name)

    def donor(self, name: str) -> str:
        """Whose skill it is, by its id; empty: no donor's."""
        return self._donors.get(name, "")

    def model(self, label: str) -> str:
        """A label of a model in words."""
        return model_label(self.lang, label)

    def interval(self, path: str, ends: tuple[float, float, float], unit: Unit) -> Markup:
        """A figure and its interval.

        Args:
            path: ``name/rest`` of the figure; of its ends ``name_low/rest``, ``name_high/rest``.
            ends: value, low, high.
        """
        name, rest = path.split("/", 1)
        value, low, high = (
            Fact(f"{name}{end}/{rest}", number, unit)
            for end, number in zip(("", "_low", "_high"), ends, strict=True)
        )
        told = self.say("interval", low=figure(low, True), high=figure(high, True))
        return Markup("{} <small>{}</small>").format(figure(value), told)

    def names(self, found: Mapping[str, str]) -> dict[str, str]:
        """What fills a remark beside its figures, in words."""
        read = {"skill": self.skill, "model": self.model, "against": self.model}
        return {key: read.get(key, str)(value) for key, value in found.items()}

    def remark(self, chapter: str, remark: Remark) -> Markup:
        """A reason or a risk in words."""
        facts = {key: figure(fact) for key, fact in remark.facts.items()}
        return self.say(f"{chapter}.{remark.key}", **facts, **self.names(remark.names))
