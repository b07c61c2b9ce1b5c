"""Sentences of OBIM at earlier turns on the scoreboard: key -> (English, Japanese)."""
# ruff: noqa: E501 (a sentence a line)

TEXTS: dict[str, tuple[str, str]] = {
    "past_turns.round": ("OBIM after round {round}", "OBIM({round} 周目の後)"),
    "past_turns.turn": ("OBIM at turn {turn}", "OBIM(ターン {turn})"),
    "past_turns.note": ("turn {turn} of {turns}", "ターン {turn} / {turns}"),
    "past_turns.group": ("OBIM at earlier turns", "これまでのターンの OBIM"),
    "past_turns.every": ("Every scored turn ({n})", "評価したすべてのターン({n})"),
    "past_turns.every_info": (
        "Earlier turns of this merge that were scored on the items chosen; else only the last {n} are shown. Turns that were undone don't count.",
        "選んだ問題で評価した、このマージのこれまでのターンです。チェックしなければ最後の {n} つだけを表示します。取り消したターンは含みません。",
    ),
    "past_turns.choice": ("Which turns", "表示するターン"),
}
