"""The command line: ``obim merge``, ``evaluate``, ``compare``, ``take-out`` and others.

The same engine, without a page.

Exit codes: 0 done; 1 it failed; 2 the command, the recipe or the models are wrong; 130 interrupted.
Heavy imports wait until the command is known.
"""

import argparse
import os
import sys
import time
from collections.abc import Sequence

from obim.commands import compare, evaluate, merge, take_out
from obim.commands.obtaining import fetch

OK, FAILED, WRONG, INTERRUPTED = 0, 1, 2, 130
_COMMANDS = {
    "merge": merge,
    "take-out": take_out,
    "compare": compare,
    "evaluate": evaluate,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code."""
    began = time.perf_counter()
    options = _parser().parse_args(arguments)
    from obim.errors import CalibrationError, EvaluationError, ModelError, ObimError, RecipeError

    try:
        if options.command == "demo":
            return _demo()
        if options.command == "download":
            print(fetch(options.model))
            return OK
        code: int = _COMMANDS[options.command].run(options, began)
        return code
    except (RecipeError, ModelError, CalibrationError, EvaluationError) as error:
        print(f"obim: {error}", file=sys.stderr)
        return WRONG
    except ObimError as error:
        print(f"obim: {error}", file=sys.stderr)
        return FAILED
    except MemoryError:
        print("obim: There was not enough memory; close other programs.", file=sys.stderr)
        return FAILED
    except RuntimeError as error:
        from obim.models.device import is_out_of_memory

        if not is_out_of_memory(error):
            raise
        print("obim: The GPU had not enough memory; try --device cpu.", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print("obim: interrupted; nothing was written.", file=sys.stderr)
        return INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="obim", description="Merge fine-tuned language models.")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, command in _COMMANDS.items():
        command.define(commands.add_parser(name, help=command.HELP))
    download = commands.add_parser("download", help="fetch a model or an adapter from the hub")
    download.add_argument("model", help="org/name or org/name@revision")
    commands.add_parser("demo", help="prepare the demo's base model, once")
    return parser


def _demo() -> int:
    os.environ["TQDM_DISABLE"] = "1"  # the libraries' own bars
    from obim.models.demo import prepare_demo_base

    told: list[float] = []

    def tell(share: float, sentence: str) -> None:
        if not told:
            print("Preparing the demo (once, about a minute) ...", end=" ", flush=True)
        told.append(share)

    try:
        prepare_demo_base(tell)
    except BaseException:
        if told:
            print()  # what is wrong stands on a line of its own
        raise
    print("done" if told else "The demo is ready.")
    return OK
