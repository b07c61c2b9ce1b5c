"""Vocabularies of other sizes: which rows a donor shares with the base, and what to say of them.

Only the input embedding and the output head may differ in rows. It reads no weights.
"""

from collections.abc import Mapping

from obim.errors import Sentence
from obim.models.checkpoint import Checkpoint


def shared_rows(base: Checkpoint, donor: Checkpoint, names: Mapping[str, str]) -> dict[str, int]:
    """Vocabulary tensor of the base -> rows that the donor has too, where their numbers differ.

    Args:
        base: the base.
        donor: a whole checkpoint.
        names: base file tensor name -> the donor's name of it.

    Raises:
        ModelError: tensors differ in rows, and the base's architecture isn't known.
    """
    rows = {}
    for name, theirs in names.items():
        ours, other = base.tensors[name].shape, donor.tensors[theirs].shape
        if ours != other and len(ours) == len(other) and ours[1:] == other[1:]:
            rows[name] = min(ours[0], other[0])
    if not rows:
        return rows
    from obim.models.locating import vocabulary_tensors  # slow to import, seldom needed

    vocabulary = vocabulary_tensors(base)
    return {name: count for name, count in rows.items() if name in vocabulary}


def explain_rows(
    base: Checkpoint, donor: Checkpoint, names: Mapping[str, str], shared: Mapping[str, int]
) -> tuple[Sentence, ...]:
    """What becomes of the rows that only one of them has; a sentence a pair of sizes."""
    pairs = {(base.tensors[n].shape[0], donor.tensors[names[n]].shape[0]) for n in shared}
    return tuple(_explain(ours, theirs) for ours, theirs in sorted(pairs))


def _explain(ours: int, theirs: int) -> Sentence:
    if theirs > ours:
        return Sentence(
            "Its vocabulary has {theirs} rows, the base's {ours}: the first {ours} are merged, "
            "the rest of the donor's are left out.",
            theirs=theirs,
            ours=ours,
        )
    return Sentence(
        "Its vocabulary has {theirs} rows, the base's {ours}: the first {theirs} are merged, the "
        "rest stay the base's.",
        theirs=theirs,
        ours=ours,
    )
