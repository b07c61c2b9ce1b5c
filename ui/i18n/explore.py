"""Sentences of the Interference screen: key -> (English, Japanese)."""
# ruff: noqa: E501 (a sentence a line)

TEXTS: dict[str, tuple[str, str]] = {
    "explore.what": (
        "Where do the donors want the same weights? Where they do, the merge has to decide who gets them. Look before you merge, and again afterwards.",
        "ドナーどうしが同じ重みを取り合うのはどこでしょうか。そこでは、どのドナーに渡すかをマージが決めます。マージの前にも後にも確認できます。",
    ),
}
