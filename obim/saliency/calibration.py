"""Calibration texts, from a file or the bundled demo, and their token batches.

It measures nothing, and it never reads evaluation sets by itself. Texts that a donor writes itself
come from `own_texts`.
"""

import csv
import io
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from obim.errors import CalibrationError
from obim.saliency.encoding import encode, question_length

_SIZE_LIMIT = 100_000_000


class Batch(NamedTuple):
    """Rows that run together.

    Attributes:
        ids: (rows, length), int64, right-padded.
        mask: same shape, 1 where there is a token.
        texts: how many texts begin in it; a long one is several rows.
        answers: same shape, 1 where a token's loss counts: those of answers, and all of plain
            text; None: all. (Donors are trained on answers; on what users ask, their loss has a
            slope.)
    """

    ids: Tensor
    mask: Tensor
    texts: int
    answers: Tensor | None = None


class _Row(NamedTuple):
    """A text, or a piece of a long one; ``scored``: from which token on its loss counts."""

    ids: list[int]
    first: bool
    scored: int


@dataclass(frozen=True)
class Text:
    """One calibration text.

    Attributes:
        text: plain text, or what the user asks where there is an answer.
        answer: the assistant's answer; None for plain text.
    """

    text: str
    answer: str | None = None


def load_texts(ref: str) -> list[Text]:
    """Read calibration texts.

    Args:
        ref: ``demo:<id>`` or a file: ``.jsonl`` (``text``, or ``prompt`` and ``answer``), ``.csv``
            (columns of the same names), ``.txt`` (blank lines part texts, else every line is one).

    Raises:
        CalibrationError: the file is missing, unreadable, or holds no text.
    """
    path = _locate(ref)
    readers: dict[str, Callable[[str, Path], list[Text]]] = {
        ".jsonl": _read_jsonl,
        ".csv": _read_csv,
        ".txt": _read_plain,
    }
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise CalibrationError(
            "{name} is no .jsonl, .csv or .txt file; give one of those.", name=path.name
        )
    texts = [text for text in reader(_read(path), path) if text.text.strip()]
    if not texts:
        raise CalibrationError("{name} holds no text; choose another file.", name=path.name)
    return texts


def _read(path: Path) -> str:
    try:
        if path.stat().st_size > _SIZE_LIMIT:
            raise CalibrationError(
                "{name} is over 100 MB; a few hundred texts are enough.", name=path.name
            )
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise CalibrationError("There is no file {path}; choose another.", path=path) from error
    except UnicodeDecodeError as error:
        raise CalibrationError(
            "{name} isn't UTF-8 text; save it as UTF-8.", name=path.name
        ) from error
    except OSError as error:
        raise CalibrationError(
            "{path} can't be read ({reason}).", path=path, reason=error.strerror
        ) from error


def _locate(ref: str) -> Path:
    if not ref.startswith("demo:"):
        return Path(ref).expanduser()
    from obim.models.demo import demo_assets

    part, root = ref.removeprefix("demo:"), demo_assets()
    manifest = json.loads((root / "demo.json").read_text(encoding="utf-8"))
    entries = [*manifest["skills"], manifest["general"], manifest["forgetting"]]
    for entry in entries:
        if entry["id"] == part:
            path: Path = root / entry["calibration"]
            return path
    raise CalibrationError("The demo has no calibration texts called {name!r}.", name=part)


def _from_record(record: dict[str, Any], name: str, row: int) -> Text:
    fields = {str(k).strip().lower(): v for k, v in record.items() if k is not None}
    if isinstance(fields.get("prompt"), str) and isinstance(fields.get("answer"), str):
        return Text(fields["prompt"], fields["answer"])
    if isinstance(fields.get("text"), str):
        return Text(fields["text"])
    raise CalibrationError(
        "{name} row {row} has neither 'text' nor 'prompt' and 'answer'; name them so.",
        name=name,
        row=row,
    )


def _read_jsonl(content: str, path: Path) -> list[Text]:
    texts = []
    for number, line in enumerate(content.split("\n"), 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except ValueError as error:
            raise CalibrationError(
                "{name} line {number} is no JSON; write one JSON object a line.",
                name=path.name,
                number=number,
            ) from error
        if not isinstance(record, dict):
            raise CalibrationError(
                "{name} line {number} is no JSON object; write one JSON object a line.",
                name=path.name,
                number=number,
            )
        texts.append(_from_record(record, path.name, number))
    return texts


def _read_csv(content: str, path: Path) -> list[Text]:
    try:
        rows = list(csv.DictReader(io.StringIO(content)))
    except csv.Error as error:
        raise CalibrationError(
            "{name} is no valid CSV ({reason}).", name=path.name, reason=error
        ) from error
    return [_from_record(row, path.name, i) for i, row in enumerate(rows, 2)]


def _read_plain(content: str, path: Path) -> list[Text]:
    lines = [line.rstrip() for line in content.splitlines()]
    if any(not line for line in lines[:-1]):
        paragraphs = "\n".join(lines).split("\n\n")
        return [Text(paragraph.strip("\n")) for paragraph in paragraphs]
    return [Text(line) for line in lines]


def batches(
    tokenizer: Any,
    texts: Iterable[Text],
    max_tokens: int = 8192,
    batch_tokens: int = 2048,
    max_length: int = 512,
) -> list[Batch]:
    """Token batches, right-padded, of texts in their order until ``max_tokens`` are taken.

    Args:
        tokenizer: of the donor.
        texts: calibration texts; a long one is cut into pieces of ``max_length``.
        max_tokens: tokens taken altogether, padding not counted.
        batch_tokens: positions of a batch at most, padding counted (one row at least).
        max_length: tokens a row at most.

    Returns:
        Batches, rows of like length together.

    Raises:
        CalibrationError: the texts hold no token.
    """
    rows: list[_Row] = []
    left = max_tokens
    for text in texts:
        if left <= 0:
            break
        ids = encode(tokenizer, text)[:left]
        left -= len(ids)
        rows += _cut(ids, question_length(tokenizer, text), max_length)
    if not rows:
        raise CalibrationError("The calibration texts hold no token; choose others.")
    rows.sort(key=lambda row: len(row.ids))
    pad = tokenizer.pad_token_id
    groups: list[list[_Row]] = [[]]
    for row in rows:
        if groups[-1] and (len(groups[-1]) + 1) * len(row.ids) > batch_tokens:
            groups.append([])
        groups[-1].append(row)
    return [_pad(group, 0 if pad is None else pad) for group in groups]


def _cut(ids: list[int], asked: int, length: int) -> list[_Row]:
    """Pieces of one text, of whose tokens the first ``asked`` don't count in the loss."""
    return [
        _Row(ids[i : i + length], i == 0, max(0, asked - i)) for i in range(0, len(ids), length)
    ]


def _pad(rows: Sequence[_Row], pad: int) -> Batch:
    width = max(len(row.ids) for row in rows)
    ids = torch.full((len(rows), width), pad, dtype=torch.int64)
    mask, answers = torch.zeros_like(ids), torch.zeros_like(ids)
    for i, row in enumerate(rows):
        ids[i, : len(row.ids)] = torch.tensor(row.ids, dtype=torch.int64)
        mask[i, : len(row.ids)] = 1
        answers[i, row.scored : len(row.ids)] = 1
    return Batch(ids, mask, sum(row.first for row in rows), answers)
