"""What a chapter of the report is made of. Plain text is escaped when it is laid out."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from markupsafe import Markup

Text = str | Markup


@dataclass(frozen=True)
class Paragraph:
    """One paragraph; ``tone`` is empty, ``small`` or ``lead``."""

    text: Text
    tone: str = ""
    kind: str = "paragraph"


@dataclass(frozen=True)
class Bullets:
    """A list; a grave item is marked in sign and word."""

    items: Sequence[tuple[Text, bool]]
    kind: str = "bullets"


@dataclass(frozen=True)
class Table:
    """A table with row heads; ``strong``: numbers of the rows to stress."""

    caption: Text
    head: Sequence[Text]
    rows: Sequence[Sequence[Text]]
    strong: Sequence[int] = ()
    kind: str = "table"


@dataclass(frozen=True)
class Chart:
    """An interactive chart.

    Attributes:
        name: id of its element.
        caption: what it shows, and where its figures stand as a table.
        figure: of plotly, as JSON.
        height: pixels.
    """

    name: str
    caption: Text
    figure: str
    height: int
    kind: str = "chart"


@dataclass(frozen=True)
class Drawing:
    """A drawing of one's own, as markup, with a caption."""

    svg: Markup
    caption: Text
    kind: str = "drawing"


@dataclass(frozen=True)
class Code:
    """Lines to copy."""

    text: str
    label: Text
    kind: str = "code"


Block = Paragraph | Bullets | Table | Chart | Drawing | Code


@dataclass(frozen=True)
class Chapter:
    """A heading and what stands below it."""

    name: str
    title: Text
    blocks: Sequence[Block] = field(default_factory=list)
