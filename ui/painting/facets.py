"""What can be shown of a pair of donors: as a number, in words, and where on the colour scale."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations
from statistics import fmean
from typing import Any

from obim import Comparison, RunState
from ui.i18n import t
from ui.painting.wording import percent
from ui.session import Session

FACETS = ("overlap", "cosine", "conflict", "contested", "given_up")
DIRECTED = frozenset({"contested", "given_up"})
"""What one donor loses to another: two figures a pair, and one against all others."""
_NEUTRAL = {"overlap": 0.0, "cosine": 0.0, "conflict": 0.5}
"""The middle of the colour scale; of overlap, the difference to chance."""
_LEAST = {"overlap": 0.05, "cosine": 0.2, "conflict": 0.1, "contested": 0.1, "given_up": 0.1}
"""How far the colour scale reaches at least: what is next to nothing looks pale."""
Pair = tuple[int, int]


def facet_of(session: Session) -> str:
    """What is shown."""
    return session.facet if session.facet in FACETS else FACETS[0]


def pairs_of(state: RunState) -> list[Pair]:
    """All pairs of donors."""
    return list(combinations(range(len(state.spec.donors)), 2))


def chosen_pair(state: RunState, session: Session) -> Pair | None:
    """The pair that is shown; None: all of them."""
    found = next((pair for pair in pairs_of(state) if list(pair) == session.pair), None)
    return found


@dataclass(frozen=True)
class Figure:
    """One figure.

    Attributes:
        shade: what its colour stands for.
        text: the figure in words.
        note: what it is held against, may be empty.
    """

    shade: float
    text: str
    note: str = ""


def figure(c: Comparison, facet: str, pair: Pair, lang: str) -> Figure | None:
    """The figure of a pair, of the first towards the second where it has a direction."""
    a, b = pair
    if facet == "overlap":
        return _overlap(c, pair, lang)
    if facet == "cosine":
        cosine = c.cosine(a, b)
        return None if cosine is None else Figure(cosine, signed_cosine(cosine))
    share = {"conflict": c.conflict, "contested": c.contested, "given_up": c.lost}[facet](a, b)
    return None if share is None else Figure(share, percent(share))


def _overlap(c: Comparison, pair: Pair, lang: str) -> Figure | None:
    found = c.overlap(*pair)
    if found is None:
        return None
    chance = percent(found.chance)
    return Figure(
        found.share - found.chance, percent(found.share), t(lang, "explore.chance", share=chance)
    )


def signed_cosine(value: float) -> str:
    """0.1234 -> +0.12."""
    return f"{value:+.2f}".replace("-", "−")


def total(c: Comparison, facet: str, donor: int) -> Figure | None:
    """The figure of one donor against all others together."""
    share = c.contested(donor) if facet == "contested" else c.given_up(donor)
    return None if share is None else Figure(share, percent(share))


def in_tensor(c: Comparison, facet: str, pair: Pair | None, lang: str) -> Figure | None:
    """The figure of one cell of the heatmap: of a pair, both ways; or the mean over all pairs."""
    if pair is None and facet in DIRECTED:
        return _mean([total(c, facet, k) for k in range(c.donors)], facet, lang)
    pairs = [pair] if pair is not None else list(combinations(range(c.donors), 2))
    if facet in DIRECTED:
        pairs = [way for a, b in pairs for way in ((a, b), (b, a))]
    found = [figure(c, facet, one, lang) for one in pairs]
    return found[0] if len(found) == 1 else _mean(found, facet, lang)


def _mean(found: Iterable[Figure | None], facet: str, lang: str) -> Figure | None:
    there = [one for one in found if one is not None]
    if not there:
        return None
    mean = fmean(one.shade for one in there)
    if facet == "cosine":
        return Figure(mean, signed_cosine(mean))
    if facet == "overlap":
        points = f"{100 * mean:+.1f}".replace("-", "−")
        return Figure(mean, t(lang, "explore.beyond", points=points))
    return Figure(mean, percent(mean))


@dataclass(frozen=True)
class Scale:
    """From figures to colours.

    Attributes:
        diverging: two hues around a neutral figure.
        low: in words, what the colour at the left end stands for.
        high: at the right end.
    """

    facet: str
    reach: float
    low: str
    high: str

    def legend(self, *lines: str) -> dict[str, Any]:
        """The legend of a widget, with what its colour means."""
        ends = {"low": self.low, "high": self.high}
        return {**ends, "diverging": self.diverging, "text": " ".join(lines)}

    @property
    def diverging(self) -> bool:
        """Whether there is a neutral figure in the middle."""
        return self.facet in _NEUTRAL

    def place(self, one: Figure) -> float:
        """0..1 on the scale; the right end is trouble: much wanted by both, or opposed."""
        if not self.diverging:
            return min(1.0, one.shade / self.reach)
        away = (one.shade - _NEUTRAL[self.facet]) / self.reach
        sign = -1 if self.facet == "cosine" else 1
        return max(0.0, min(1.0, 0.5 + sign * away / 2))


def scale_of(found: Iterable[Figure | None], facet: str) -> Scale:
    """The scale that just holds some figures."""
    shades = [one.shade for one in found if one is not None]
    middle = _NEUTRAL.get(facet, 0.0)
    reach = max([abs(shade - middle) for shade in shades] + [_LEAST[facet]])
    if facet == "overlap":
        return Scale(facet, reach, f"−{100 * reach:.1f}", f"+{100 * reach:.1f}")
    if facet == "cosine":
        return Scale(facet, reach, signed_cosine(reach), signed_cosine(-reach))
    return Scale(facet, reach, percent(middle - reach if middle else 0.0), percent(middle + reach))
