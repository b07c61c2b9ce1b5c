"""``obim take-out FOLDER DONOR OUT``: the base again wherever one donor owns the weights."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from obim.commands.progress import open_bar, show

HELP = "take one donor's part out of an exported model again"


def define(parser: ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("folder", type=Path, help="exported model with its map of owners")
    parser.add_argument("donor", help="name of the donor in its recipe.yaml, or its number")
    parser.add_argument("out", type=Path, help="folder to make; it must not exist yet")
    parser.add_argument("--base", help="the base, where it isn't where recipe.yaml says")


def run(options: Namespace, began: float) -> int:
    """Write the folder, and print where to and the content hash."""
    from obim.runs.taking_out import take_out

    with open_bar() as bar:
        report = take_out(
            options.folder,
            options.donor,
            options.out,
            options.base,
            on_progress=lambda share: show(bar, 0.9 * share, "take out"),
        )
        show(bar, 1.0, "take out")
    print(f"{report.path} {report.content_hash}")
    return 0
