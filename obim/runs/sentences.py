"""Sentences in a run's files: the English text, and beside it what it was made of.

Runs of before hold the text alone; it reads as a sentence without values.
"""

from typing import Annotated, Any

from pydantic import PlainSerializer, PlainValidator

from obim.errors import Sentence


def store(sentence: Sentence) -> dict[str, Any]:
    """What JSON can hold of a sentence."""
    return {"text": str(sentence), "template": sentence.template, "values": sentence.values}


def restore(value: object) -> Sentence:
    """A sentence from `store`, from plain text, or as it is.

    Raises:
        ValueError: it is none of these, or its values don't fill its template.
    """
    if isinstance(value, Sentence):
        return value
    if isinstance(value, str):
        return Sentence(value)
    try:
        return Sentence(value["template"], **value["values"])  # type: ignore[index]
    except (LookupError, TypeError, AttributeError) as error:
        raise ValueError("this is no sentence") from error


Said = Annotated[Sentence, PlainValidator(restore), PlainSerializer(store)]
"""A sentence as a field of a picture of a run."""
