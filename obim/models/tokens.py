"""Do base and donor give the same ids to the same tokens? Answered from their tokenizer files.

A donor without tokenizer files is taken to use the base's. It encodes no text.
"""

import filecmp
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from obim.errors import ModelError, Sentence

_FAST = "tokenizer.json"
_FILES = (
    _FAST, "tokenizer.model", "vocab.json", "vocab.txt", "spiece.model", "sentencepiece.bpe.model",
)  # fmt: skip
_SHOWN = 10
_LONGEST = 40
"""Characters of a token that are shown."""


@dataclass(frozen=True)
class Findings:
    """What a comparison of two tokenizers comes to.

    Attributes:
        problems: sentences that forbid the merge.
        warnings: sentences that don't.
    """

    problems: tuple[Sentence, ...] = ()
    warnings: tuple[Sentence, ...] = ()


class BaseTokenizer:
    """The base's tokens, read when the first donor has to be compared with them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @cached_property
    def _tokens(self) -> dict[str, int]:
        return read_tokens(self._folder)

    def compare(self, donor: Path) -> Findings:
        """Compare the tokenizer in a donor's folder with the base's."""
        if not _has_tokenizer(donor) or self._is_same_file(donor):
            return Findings()
        if not _has_tokenizer(self._folder):
            alone = Sentence(
                "The base has no tokenizer files, so it can't be checked whether this donor's "
                "tokenizer gives the same ids to the same tokens."
            )
            return Findings(warnings=(alone,))
        try:
            return compare_tokens(self._tokens, read_tokens(donor))
        except ModelError as error:
            return Findings(warnings=(error.sentence,))

    def _is_same_file(self, donor: Path) -> bool:
        ours, theirs = self._folder / _FAST, donor / _FAST
        there = ours.is_file() and theirs.is_file()
        return there and filecmp.cmp(ours, theirs, shallow=False)


def compare_tokens(base: Mapping[str, int], donor: Mapping[str, int]) -> Findings:
    """Refuse other ids for the same tokens; explain tokens that only one of them has.

    Args:
        base: text of a token -> its id.
        donor: likewise.
    """
    moved = sorted((i, text) for text, i in base.items() if donor.get(text, i) != i)
    if moved:
        shown = [f"{_cut(text)!r} {i} → {donor[text]}" for i, text in moved[:_SHOWN]]
        problem = Sentence(
            "Its tokenizer gives other ids to {n} of the base's tokens (token, base → donor): "
            "{tokens}; choose a donor that keeps the base's ids.",
            n=len(moved),
            tokens=", ".join(shown),
        )
        return Findings(problems=(problem,))
    warnings = []
    added = donor.keys() - base.keys()
    if added:
        warnings.append(
            Sentence(
                "Its tokenizer has {n} tokens that the base's lacks, {token!r} for one; the merge "
                "keeps the base's tokenizer.",
                n=len(added),
                token=_cut(min(added, key=lambda text: donor[text])),
            )
        )
    lacking = base.keys() - donor.keys()
    if lacking:
        warnings.append(
            Sentence(
                "Its tokenizer lacks {n} tokens of the base's, {token!r} for one; the merge keeps "
                "the base's tokenizer.",
                n=len(lacking),
                token=_cut(min(lacking, key=lambda text: base[text])),
            )
        )
    return Findings(warnings=tuple(warnings))


def read_tokens(folder: Path) -> dict[str, int]:
    """Text of each token, added ones too, -> its id.

    Raises:
        ModelError: the tokenizer's files can't be read here.
    """
    try:
        if (folder / _FAST).is_file():
            from tokenizers import Tokenizer

            fast = Tokenizer.from_file(str(folder / _FAST))
            found: dict[str, int] = fast.get_vocab(with_added_tokens=True)
            return found
        from transformers import AutoTokenizer

        slow = AutoTokenizer.from_pretrained(
            str(folder), local_files_only=True, trust_remote_code=False
        )
        return dict(slow.get_vocab())
    except Exception as error:  # what the Rust library raises has no narrower class
        from obim.models.locating import brief

        raise ModelError(
            "The tokenizer in {path} can't be read ({reason}), so it can't be checked whether "
            "base and donor give the same ids to the same tokens.",
            path=folder,
            reason=brief(error),
        ) from error


def _has_tokenizer(folder: Path) -> bool:
    return any((folder / name).is_file() for name in _FILES)


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"
