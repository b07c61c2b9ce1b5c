"""Sentences on the mean retention, and on tests beside intervals: key -> (English, Japanese)."""
# ruff: noqa: E501 (a sentence a line)

TEXTS: dict[str, tuple[str, str]] = {
    "evaluate.mean_kept_note": (
        "of the donors' skills: score / best donor's score",
        "ドナーのスキルの「得点 ÷ 最良ドナーの得点」の平均",
    ),
    "gates.best": (
        "Best turn so far: {turn}. Mean retention: on average it keeps {share} ({low} to {high}) of what the best donor of each donor's skill gets right. Skills of no donor don't count in it.",
        "これまでの最良はターン {turn} です。平均維持率: 各ドナーのスキルで最良ドナーが正解する分の、平均 {share}({low} ~ {high})を保っています。ドナーのないスキルは含みません。",
    ),
    "evaluate.verdict.exact": (
        " Where an interval leaves out 0 and we still can't tell: the interval is approximate, the test is exact, and the test decides.",
        " 信頼区間が 0 を含まないのに「判断できない」とある場合: 区間は近似、検定は正確なので、検定に従います。",
    ),
    "evaluate.kept.none": ("no skill scored here belongs to a donor", "ドナーのスキルの得点がない"),
    "evaluate.kept.model": ("lacks: {model} on {skills}", "不足: {model} の {skills} の得点"),
    "evaluate.kept.donor": (
        "lacks: a donor's score on {skills}",
        "不足: {skills} でのドナーの得点",
    ),
    "evaluate.kept.zero": ("no donor gets anything right", "正解のあるドナーがない"),
    "evaluate.kept.items": (
        "lacks: scores of merge and donor on the same items",
        "不足: 同じ問題でのマージとドナーの得点",
    ),
}
