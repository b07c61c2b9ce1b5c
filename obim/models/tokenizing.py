"""The tokenizer of a model folder, from its own files and without running its own code."""

from pathlib import Path
from typing import Any

from obim.errors import ModelError


def load_tokenizer(folder: Path) -> Any:
    """The tokenizer of transformers.

    Raises:
        ModelError: the folder has none that can be used.
    """
    from transformers import AutoTokenizer

    try:
        return AutoTokenizer.from_pretrained(
            str(folder), local_files_only=True, trust_remote_code=False
        )
    except (OSError, ValueError, ImportError, KeyError) as error:
        raise ModelError(
            "{path} has no usable tokenizer; put its tokenizer files there.", path=folder
        ) from error
