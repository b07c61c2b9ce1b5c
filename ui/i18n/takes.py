"""Sentences of how long an evaluation takes: key -> (English, Japanese)."""

TEXTS: dict[str, tuple[str, str]] = {
    "takes.option": (
        "Quick: {n} s a model, {least}+ items a skill",
        "簡易: 1 モデル {n} 秒、各 {least} 問以上",
    ),
    "takes.model": ("{n} model", "{n} モデル"),
    "takes.models": ("{n} models", "{n} モデル"),
    "takes.about": ("{models}: about {time}.", "{models}: 約 {time}です。"),
    "takes.unknown": (
        "{models}: how long that takes is known once the first score is there.",
        "{models}: かかる時間は、最初のスコアが出ると分かります。",
    ),
    "takes.scored": ("{models}: scored already.", "{models}: すでに評価済みです。"),
    "takes.items": ("{n} practice items a model.", "1 モデルにつき練習問題 {n} 問です。"),
    "phase.evaluate_timing": ("timing a few items", "数問で所要時間を計測中"),
}
