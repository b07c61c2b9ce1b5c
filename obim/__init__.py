"""Optimal Brain Iterative Merging: the engine, without a page.

The names here are all that the page may use; each is imported when it is first asked for.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from obim.errors import (
        CalibrationError,
        DemoUnavailable,
        DownloadError,
        EvaluationError,
        ExportError,
        Incompatible,
        ModelError,
        ModelNotFound,
        ObimError,
        RecipeError,
        RunError,
        Sentence,
        WorkerError,
    )
    from obim.evaluation.columns import Columns
    from obim.evaluation.harness import task_id
    from obim.evaluation.rules import Figure, Gates, Rule, Verdict
    from obim.insight.advice import Advice, Fact, Remark, Unit
    from obim.insight.agreement import Agreement, Removal, together
    from obim.insight.enough import Size, enough
    from obim.insight.findings import Finding
    from obim.insight.measured import Measured
    from obim.insight.pairs import Comparison, Overlap, TensorInterference
    from obim.insight.report import ModelFacts, Report, report_on
    from obim.registry import EntryFacts, entries, names
    from obim.runs.amounts import LEAST_ITEMS, is_of
    from obim.runs.boarding import rival
    from obim.runs.choices import ModelChoice
    from obim.runs.demo_skills import DemoSkill, demo_skills
    from obim.runs.explored import InterferenceState, comparing_seconds
    from obim.runs.exported import ExportState
    from obim.runs.jobs import (
        AddSet,
        Advance,
        Back,
        Calibrate,
        Cell,
        Chat,
        Check,
        Download,
        Evaluate,
        Explore,
        Export,
        Inside,
        Job,
        LookUp,
        Owners,
        Preview,
        Read,
        RemoveSet,
        Tune,
    )
    from obim.runs.order_plan import order_count, seconds_of
    from obim.runs.origins import Origin, read_origins
    from obim.runs.outlook import Outlook
    from obim.runs.own_sets import OwnSet, command_name
    from obim.runs.presets import forgetting, recommended, stock
    from obim.runs.recipe import dump_recipe, parse_recipe
    from obim.runs.score_csv import scores_csv
    from obim.runs.scored import (
        BudgetState,
        CompareState,
        FlipState,
        GateState,
        IntervalState,
        PauseState,
        ScoreState,
        StandingState,
        VerdictState,
    )
    from obim.runs.scoring_cost import scoring_seconds
    from obim.runs.state import (
        CardState,
        DonorSaliency,
        JobState,
        RunState,
        SkillState,
        TensorSaliency,
        TurnState,
    )
    from obim.runs.studio import Studio
    from obim.runs.switches import (
        Switch,
        is_of_turn,
        label_of,
        past_label,
        past_turn,
        positions_back,
        switches_of,
    )
    from obim.runs.trust import ConvergenceState, CostState, LayerTrust, Trusted, TrustState
    from obim.runs.trust_cost import (
        converge_seconds,
        measuring_seconds,
        trust_seconds,
    )
    from obim.runs.trust_jobs import Converge, Trust
    from obim.runs.tuned import Settings, TunedState
    from obim.runs.tuning_plan import TRIES, tunable, tuning_seconds
    from obim.runs.using import usage
    from obim.runs.variants import ablations
    from obim.runs.varying import is_variant
    from obim.runs.what_if_jobs import Reckon, ScoreOrders, TryOrders, WhatIf
    from obim.runs.what_ifs import DonorPrediction, OrderScore, OrdersState, WhatIfState
    from obim.types import Donor, MergeSpec

_ROOMS = {
    "obim.errors": (
        "CalibrationError", "DemoUnavailable", "DownloadError", "EvaluationError", "ExportError",
        "Incompatible", "ModelError", "ModelNotFound", "ObimError", "RecipeError", "RunError",
        "Sentence", "WorkerError",
    ),
    "obim.evaluation.columns": ("Columns",),
    "obim.evaluation.harness": ("task_id",),
    "obim.evaluation.rules": ("Figure", "Gates", "Rule", "Verdict"),
    "obim.insight.advice": ("Advice", "Fact", "Remark", "Unit"),
    "obim.insight.findings": ("Finding",),
    "obim.insight.measured": ("Measured",),
    "obim.insight.pairs": ("Comparison", "Overlap", "TensorInterference"),
    "obim.insight.report": ("ModelFacts", "Report", "report_on"),
    "obim.insight.agreement": ("Agreement", "Removal", "together"),
    "obim.insight.enough": ("Size", "enough"),
    "obim.registry": ("EntryFacts", "entries", "names"),
    "obim.runs.amounts": ("LEAST_ITEMS", "is_of"),
    "obim.runs.boarding": ("rival",),
    "obim.runs.choices": ("ModelChoice",),
    "obim.runs.demo_skills": ("DemoSkill", "demo_skills"),
    "obim.runs.explored": ("InterferenceState", "comparing_seconds"),
    "obim.runs.exported": ("ExportState",),
    "obim.runs.jobs": (
        "AddSet", "Advance", "Back", "Calibrate", "Cell", "Chat", "Check", "Download", "Evaluate",
        "Explore", "Export", "Inside", "Job", "LookUp", "Owners", "Preview", "Read", "RemoveSet",
        "Tune",
    ),
    "obim.runs.origins": ("Origin", "read_origins"),
    "obim.runs.order_plan": ("order_count", "seconds_of"),
    "obim.runs.outlook": ("Outlook",),
    "obim.runs.own_sets": ("OwnSet", "command_name"),
    "obim.runs.presets": ("forgetting", "recommended", "stock"),
    "obim.runs.recipe": ("dump_recipe", "parse_recipe"),
    "obim.runs.score_csv": ("scores_csv",),
    "obim.runs.scored": (
        "BudgetState", "CompareState", "FlipState", "GateState", "IntervalState", "PauseState",
        "ScoreState", "StandingState", "VerdictState",
    ),
    "obim.runs.scoring_cost": ("scoring_seconds",),
    "obim.runs.state": (
        "CardState", "DonorSaliency", "JobState", "RunState", "SkillState",
        "TensorSaliency", "TurnState",
    ),
    "obim.runs.studio": ("Studio",),
    "obim.runs.switches": (
        "Switch", "is_of_turn", "label_of", "past_label", "past_turn", "positions_back",
        "switches_of",
    ),
    "obim.runs.trust": (
        "ConvergenceState", "CostState", "LayerTrust", "TrustState", "Trusted",
    ),
    "obim.runs.trust_cost": (
        "converge_seconds", "measuring_seconds", "trust_seconds",
    ),
    "obim.runs.trust_jobs": ("Converge", "Trust"),
    "obim.runs.tuned": ("Settings", "TunedState"),
    "obim.runs.tuning_plan": ("TRIES", "tunable", "tuning_seconds"),
    "obim.runs.using": ("usage",),
    "obim.runs.variants": ("ablations",),
    "obim.runs.varying": ("is_variant",),
    "obim.runs.what_if_jobs": ("Reckon", "ScoreOrders", "TryOrders", "WhatIf"),
    "obim.runs.what_ifs": ("DonorPrediction", "OrderScore", "OrdersState", "WhatIfState"),
    "obim.types": ("Donor", "MergeSpec"),
}  # fmt: skip
_HOMES = {name: room for room, members in _ROOMS.items() for name in members}

__all__ = [
    "LEAST_ITEMS", "TRIES", "AddSet", "Advance", "Advice", "Agreement", "Back", "BudgetState",
    "Calibrate", "CalibrationError", "CardState", "Cell", "Chat", "Check", "Columns",
    "CompareState", "Comparison", "Converge", "ConvergenceState", "CostState", "DemoSkill",
    "DemoUnavailable", "Donor", "DonorPrediction", "DonorSaliency", "Download", "DownloadError",
    "EntryFacts", "Evaluate", "EvaluationError", "Explore", "Export", "ExportError", "ExportState",
    "Fact", "Figure", "Finding", "FlipState", "GateState", "Gates", "Incompatible", "Inside",
    "InterferenceState", "IntervalState", "Job", "JobState", "LayerTrust", "LookUp", "Measured",
    "MergeSpec", "ModelChoice", "ModelError", "ModelFacts", "ModelNotFound", "ObimError",
    "OrderScore", "OrdersState", "Origin", "Outlook", "Overlap", "OwnSet", "Owners", "PauseState",
    "Preview", "Read", "RecipeError", "Reckon", "Remark", "Removal", "RemoveSet", "Report", "Rule",
    "RunError", "RunState", "ScoreOrders", "ScoreState", "Sentence", "Settings", "Size",
    "SkillState", "StandingState", "Studio", "Switch", "TensorInterference",
    "TensorSaliency", "Trust", "TrustState", "Trusted", "TryOrders", "Tune", "TunedState",
    "TurnState", "Unit", "Verdict", "VerdictState", "WhatIf", "WhatIfState", "WorkerError",
    "ablations", "command_name", "comparing_seconds", "converge_seconds", "demo_skills",
    "dump_recipe", "enough", "entries", "forgetting", "is_of", "is_of_turn", "is_variant",
    "label_of", "measuring_seconds", "names", "order_count", "parse_recipe", "past_label",
    "past_turn", "positions_back", "read_origins", "recommended", "report_on", "rival",
    "scores_csv", "scoring_seconds", "seconds_of", "stock", "switches_of", "task_id", "together",
    "trust_seconds", "tunable", "tuning_seconds", "usage",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'obim' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)
