"""The method on a piece of a weight matrix, as a drawing: saliency, turns, owners.

The picture is computed: two made-up saliencies, and on them the turns that OBIM would take. It has
nothing of the run.
"""

from markupsafe import Markup

from ui.charts.palette import BASE, DONORS
from ui.reporting.words import Speaker

_SIDE, _TURNS, _CLAIM, _CELL = 5, 4, 4, 20
Grid = list[list[float]]


def _saliency(donor: int) -> Grid:
    """Made-up values 0..1; the two donors want some of the same weights."""
    return [
        [((i * 7 + j * (3 + donor * 2) + donor * 4 + i * j) % 11) / 10 for j in range(_SIDE)]
        for i in range(_SIDE)
    ]


def claims(saliency: list[Grid]) -> Grid:
    """Owner of each weight: number of the turn that claimed it, 0 where it stays the base's."""
    owner: Grid = [[0] * _SIDE for _ in range(_SIDE)]
    for turn in range(1, _TURNS + 1):
        wanted = saliency[(turn - 1) % len(saliency)]
        free = [(i, j) for i in range(_SIDE) for j in range(_SIDE) if not owner[i][j]]
        for i, j in sorted(free, key=lambda at: (-wanted[at[0]][at[1]], at))[:_CLAIM]:
            owner[i][j] = turn
    return owner


def _rect(x: float, y: float, fill: str, opacity: float = 1.0, size: int = _CELL - 2) -> Markup:
    made = (
        '<rect x="{:g}" y="{:g}" width="{}" height="{}" rx="3" fill="{}" fill-opacity="{:.2f}" '
        'stroke="{}" stroke-opacity="0.35"/>'
    )
    return Markup(made.format(x, y, size, size, fill, opacity, fill))


def _text(x: float, y: float, text: object, bold: bool = False) -> Markup:
    weight = ' font-weight="700"' if bold else ""
    return Markup('<text x="{}" y="{}"{}>{}</text>').format(x, y, Markup(weight), text)


def _arrow(x: float) -> Markup:
    return Markup(
        '<path d="M{:g},96h34m-8,-7l8,7l-8,7" fill="none" stroke="#56647a" stroke-width="2"/>'
    ).format(x)


def _grid(x: float, y: float, colours: list[list[tuple[str, float]]]) -> Markup:
    return Markup("").join(
        _rect(x + j * _CELL, y + i * _CELL, colour, opacity)
        for i, row in enumerate(colours)
        for j, (colour, opacity) in enumerate(row)
    )


def method_picture(speaker: Speaker) -> Markup:
    """The drawing, as inline SVG with its texts in the speaker's language."""
    saliency = [_saliency(0), _saliency(1)]
    owner, wide = claims(saliency), _SIDE * _CELL
    parts = [_text(10, 20, speaker.say("picture.saliency"), True)]
    for donor, x in enumerate((10, 130)):
        parts.append(_text(x, 40, speaker.say("picture.donor", n=donor + 1)))
        shades = [[(DONORS[donor], 0.05 + 0.95 * v) for v in row] for row in saliency[donor]]
        parts.append(_grid(x, 48, shades))
    parts += [_arrow(244), _text(292, 20, speaker.say("picture.turns"), True)]
    for turn in range(1, _TURNS + 1):
        y = 30 + 32 * (turn - 1)
        parts.append(_text(292, y + 15, turn))
        parts += [_rect(310 + 18 * i, y + 2, DONORS[(turn - 1) % 2], 1, 15) for i in range(_CLAIM)]
    parts += [_arrow(394), _text(446, 20, speaker.say("picture.owners"), True)]
    colours = [[(DONORS[(int(t) - 1) % 2] if t else BASE, 1.0) for t in row] for row in owner]
    parts.append(_grid(446, 48, colours))
    for k, colour in enumerate((*DONORS[:2], BASE)):
        words = speaker.say("picture.donor", n=k + 1) if k < 2 else speaker.say("picture.base")
        parts += [_rect(562, 52 + 26 * k, colour, 1, 14), _text(582, 64 + 26 * k, words)]
    frame = Markup('<svg viewBox="0 0 650 {}" role="img" aria-label="{}">{}</svg>')
    return frame.format(48 + wide + 10, speaker.say("method.picture"), Markup("").join(parts))
