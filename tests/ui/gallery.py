"""A page with every widget on made-up values, for the eye and for the browser tests.

Run it: python -m tests.ui.gallery [port]
"""

import base64
import sys
from typing import Any

import gradio as gr
import numpy as np

from ui import theme, widgets
from ui.serving import launch_kwargs

HOSTILE = 'x <b>${document.title="hit"}</b> {{value}} C:\\new\\table'
NAMES = {
    "en": ["dates", "customer mails", "orders", "units", HOSTILE, "sixth", "seventh", "eighth"],
    "ja": ["日付", "問い合わせ", "注文", "単位", HOSTILE, "六番目", "七番目", "八番目"],
}


def word(lang: str, en: str, ja: str) -> str:
    return ja if lang == "ja" else en


def saves(lang: str, what: str) -> dict[str, str]:
    return {"label": word(lang, "Save", "保存"), "what": what, "file": what}


def stepper(lang: str, current: int = 2) -> dict[str, Any]:
    titles = word(
        lang, "Models Saliency Merge Evaluate Export", "モデル 重要度 マージ 評価 書き出し"
    )
    states = ["done", "done", "ready", "ready", "locked"]
    notes = ["3", "", "4/40", "", ""]
    return {
        "rev": f"{lang}{current}",
        "label": word(lang, "Steps", "手順"),
        "current": current,
        "steps": [
            {"title": t, "state": s, "state_text": s, "note": n, "hint": ""}
            for t, s, n in zip(titles.split(), states, notes, strict=True)
        ],
    }


def cards(lang: str) -> dict[str, Any]:
    labels = word(
        lang, "Architecture|Layers|Parameters|Vocabulary", "構造|層数|パラメータ|語彙"
    ).split("|")
    facts = [list(f) for f in zip(labels, ["Llama", "30", "135 M", "49,152"], strict=True)]
    share = {
        "label": word(lang, "Weights that differ", "異なる重み"),
        "value": 0.41,
        "text": "41.0 %",
    }

    def card(slot: int | None, name: str, fits: bool, reason: str) -> dict[str, Any]:
        role = word(lang, "Base", "ベース") if slot is None else word(lang, "Donor", "ドナー")
        fit = word(lang, "fits", "適合") if fits else word(lang, "does not fit", "不適合")
        return {
            "role": role,
            "slot": slot,
            "name": name,
            "facts": facts,
            "share": None if slot is None else share,
            "fits": fits,
            "fits_text": fit,
            "reason": reason,
        }

    good = word(lang, "Same shapes as the base.", "ベースと同じ形状です。")
    bad = word(lang, "Another vocabulary: 32,000 instead of 49,152.", "語彙が異なります: 32,000。")
    return {
        "rev": lang,
        "state": "ready",
        "label": "models",
        "cards": [
            card(None, "SmolLM2-135M-Instruct", True, good),
            card(0, NAMES[lang][0], True, good),
            card(1, NAMES[lang][1], True, good),
            card(4, HOSTILE, False, bad),
        ],
        "columns": ["Role", "Model", *labels, "Weights that differ", "Fits", "Reason"],
        "save": saves(lang, "cards"),
    }


def grid(lang: str, layers: int = 30, selected: str | None = "3.q_proj") -> dict[str, Any]:
    cols = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
    rng = np.random.default_rng(0)
    wave = np.sin(np.arange(layers)[:, None] / 6 + np.arange(7) * 1.3) / 2 + 0.5
    v = np.clip(wave + rng.normal(0, 0.06, wave.shape), 0, 1)
    rows: list[dict[str, Any]] = [
        {
            "label": str(i),
            "cells": [
                {"v": float(v[i, j]), "text": f"{6.2 * v[i, j]:.1f} %", "tensor": f"{i}.{c}"}
                for j, c in enumerate(cols)
            ],
        }
        for i in range(layers)
    ]
    rows[1]["cells"][2] = None
    names = [word(lang, "Embedding", "埋め込み"), word(lang, "Final norm", "最終正規化")]
    return {
        "rev": f"{lang}{selected}",
        "state": "ready",
        "label": word(lang, "Saliency by layer and module", "層とモジュールごとの重要度"),
        "hint": word(
            lang,
            "Click a cell to look inside it. Arrow keys and Enter work too.",
            "セルをクリックすると中身が見えます。矢印キーと Enter も使えます。",
        ),
        "corner": word(lang, "Layer", "層"),
        "cols": cols,
        "rows": rows,
        "extra": [
            {"label": n, "v": 0.3 + 0.6 * i, "text": "1.9 %", "tensor": f"extra{i}"}
            for i, n in enumerate(names)
        ],
        "selected": selected,
        "top": 0.062,
        "columns": ["Layer", "Module", "Tensor", "Share"],
        "save": saves(lang, "grid"),
        "legend": {
            "low": "0 %",
            "high": "6.2 %",
            "text": word(
                lang,
                "Colour: share of the donor's whole saliency that the tensor holds.",
                "色: ドナー全体の重要度のうち、そのテンソルが占める割合。",
            ),
        },
    }


def matrix(
    lang: str, donors: int = 4, selected: list[int] | None = None, diverging: bool = False
) -> dict[str, Any]:
    """Each way where it is not diverging, else the lower triangle only."""
    heads = [{"name": n, "slot": k} for k, n in enumerate(NAMES[lang][:donors])]

    def cell(a: int, b: int) -> dict[str, Any] | None:
        if a == b or (diverging and a < b):
            return None
        share = (3 * a + 5 * b) % 11 / 11
        text = f"{100 * share:.1f} %"
        label = f"{heads[a]['name']} - {heads[b]['name']}: {text}"
        return {"v": share, "text": text, "note": "20.0 %" if diverging else "", "value": share,
                "label": label, "pair": sorted((a, b))}  # fmt: skip

    rows = [{**heads[a], "cells": [cell(a, b) for b in range(donors)]} for a in range(donors)]
    if not diverging:
        for row in rows:
            row["cells"].append(
                {"v": 0.9, "text": "61.0 %", "note": "", "value": 0.61, "label": "", "pair": None}
            )
    total = {"name": word(lang, "any other", "他のどれか"), "slot": None}
    return {
        "rev": f"{lang}{selected}",
        "state": "ready",
        "label": word(lang, "Contested saliency", "取り合う重要度"),
        "hint": word(lang, "Click a pair.", "組をクリックします。"),
        "corner": word(lang, "Donor", "ドナー"),
        "cols": heads if diverging else [*heads, total],
        "rows": rows,
        "diverging": diverging,
        "selected": selected,
        "legend": {"low": "0 %", "high": "91 %", "diverging": diverging, "text": "Colour: share"},
        "columns": ["Donor", "Against", "Contested"],
        "save": {"label": "Save", "what": "Donor against donor", "file": "matrix"},
    }


def findings(lang: str) -> dict[str, Any]:
    names = NAMES[lang]
    return {
        "rev": lang,
        "state": "ready",
        "label": word(lang, "Where they contest most", "取り合いが最も多い場所"),
        "items": [
            {
                "head": f"20-28 · {module}",
                "pair": [{"name": names[k], "slot": k} for k in (i % 4, i % 4 + 1)],
                "text": word(
                    lang, "Both want 12 % of the positions.", "両方が 12 % を欲しがります。"
                ),
                "note": "41 %, 38 %",
                "selected": i == 1,
            }
            for i, module in enumerate([*("down_proj", "q_proj", "up_proj", "o_proj"), *"abcd"])
        ],
        "more": word(lang, "Show all 8", "8 件すべてを表示"),
        "fewer": word(lang, "Show the first ones only", "上位だけを表示"),
        "foot": word(lang, "Order: contested share.", "順序: 取り合う割合。"),
        "columns": ["Place", "Donor", "Against", "Finding", "Contested"],
        "save": {"label": "Save", "what": "Findings", "file": "findings"},
    }


def canvas(lang: str, side: int = 256) -> dict[str, Any]:
    rng = np.random.default_rng(1)
    picture = (
        rng.exponential(30, (side, side)) * rng.exponential(1, side) * rng.exponential(1, (side, 1))
    )
    data = np.clip(picture, 0, 255).astype(np.uint8)
    return {
        "rev": lang,
        "state": "ready",
        "title": word(lang, "Layer 3 · q_proj", "層 3 · q_proj"),
        "note": "576 × 576",
        "label": "Saliency of layer 3 q_proj",
        "rows": side,
        "cols": side,
        "data": base64.b64encode(data.tobytes()).decode(),
        "lo": 0.0,
        "hi": 1.2e-5,
        "curve": "sqrt",
        "row_step": 2.25,
        "col_step": 2.25,
        "row_text": word(lang, "row", "行"),
        "col_text": word(lang, "column", "列"),
        "value_text": word(lang, "saliency", "重要度"),
        "legend": {
            "low": "0",
            "high": "1.2e-5",
            "text": word(
                lang,
                "Colour: saliency of a position, square-root scale.",
                "色: 各位置の重要度 (平方根目盛)。",
            ),
        },
        "caption": word(
            lang,
            "The top 10 % of positions hold 61 % of the saliency.",
            "上位 10 % の位置が重要度の 61 % を占めます。",
        ),
        "save": saves(lang, "canvas"),
    }


def histogram(lang: str) -> dict[str, Any]:
    rng = np.random.default_rng(2)
    counts, edges = np.histogram(rng.normal(-8, 1, 100_000), 48)
    return {
        "rev": lang,
        "state": "ready",
        "title": word(lang, "Distribution", "分布"),
        "label": "Histogram",
        "edges": edges.tolist(),
        "counts": counts.tolist(),
        "log": False,
        "x_label": word(lang, "log10 of saliency", "重要度の log10"),
        "y_label": word(lang, "positions", "位置の数"),
        "mark": {"x": -6.7, "text": word(lang, "top 10 %", "上位 10 %")},
        "columns": ["From", "To", "Positions"],
        "save": saves(lang, "histogram"),
    }


def occupancy(lang: str, turn: int = 10, donors: int = 3, layers: int = 30) -> dict[str, Any]:
    rng = np.random.default_rng(3)
    part = rng.dirichlet([2] * donors, layers) * rng.uniform(0.5, 0.9, (layers, 1)) * turn / 20
    return {
        "rev": f"{lang}{turn}",
        "state": "ready",
        "label": word(lang, "Owners of the weights by layer", "層ごとの重みの持ち主"),
        "x_label": word(lang, "Layer", "層"),
        "y_label": word(lang, "Share of positions", "位置の割合"),
        "base": word(lang, "Base", "ベース"),
        "donors": NAMES[lang][:donors],
        "layers": [
            {"label": str(i), "name": f"{word(lang, 'Layer', '層')} {i}", "shares": s.tolist()}
            for i, s in enumerate(part)
        ],
        "table": word(lang, "Show as table", "表で見る"),
        "save": saves(lang, "occupancy"),
    }


def curves(lang: str, series: int = 4, general: int = 0) -> dict[str, Any]:
    turns = range(0, 25, 4)

    def points(k: int) -> list[list[float]]:
        top = [0.8, 0.6, 0.45, 0.7, 0.3, 0.9, 0.5, 0.2][k]
        score = [top * (1 - np.exp(-t / 8)) + 0.02 for t in turns]
        return [
            [t, s, max(s - 0.08, 0), min(s + 0.08, 1)] for t, s in zip(turns, score, strict=True)
        ]

    return {
        "rev": lang,
        "state": "ready",
        "title": word(lang, "Score per skill", "スキルごとの得点"),
        "label": "Score per skill against the turn",
        "x_label": word(lang, "Turn", "ターン"),
        "y_label": word(lang, "Correct", "正答率"),
        "turns": 40,
        "current": 16,
        "current_text": word(lang, "turn 16", "ターン 16"),
        "base_text": word(lang, "dashed: base", "破線: ベース"),
        "series": [
            {"name": NAMES[lang][k], "slot": k, "points": points(k), "base": 0.02 + 0.1 * (k == 2)}
            for k in range(series)
        ]
        + [
            {
                "name": f"{word(lang, 'General', '全般')} {i}",
                "slot": None,
                "general": i,
                "points": points(5 + i),
                "base": None,
            }
            for i in range(general)
        ],
        "table": word(lang, "Show as table", "表で見る"),
        "columns": ["Skill", "Turn", "Score", "Low", "High", "Base"],
        "save": saves(lang, "curves"),
    }


def job(lang: str, state: str = "running", percent: float | None = 37.5) -> dict[str, Any]:
    text = {"running": word(lang, "Merging", "マージ中"), "done": word(lang, "Done", "完了")}
    return {
        "rev": f"{lang}{state}{percent}",
        "state": state,
        "label": word(lang, "Progress of the merge", "マージの進行"),
        "text": text.get(state, state.capitalize()),
        "percent": percent,
        "left": word(lang, "about 12 s left", "残り約 12 秒") if state == "running" else "",
        "detail": word(lang, "Turn 15 of 40: dates", "40 ターン中 15: 日付"),
    }


def counters(lang: str) -> dict[str, Any]:
    items = [
        ("15/40", word(lang, "turns", "ターン"), None),
        ("37.8 %", word(lang, "claimed", "獲得済み"), None),
        ("12.1 %", word(lang, "contested", "競合"), None),
        ("62.2 %", word(lang, "left at base", "ベースのまま"), None),
        ("14.0 %", NAMES[lang][0], 0),
    ]
    return {
        "rev": lang,
        "label": "figures",
        "items": [{"value": v, "label": n, "tip": n, "slot": s} for v, n, s in items],
    }


def scores(lang: str) -> dict[str, Any]:
    skills = NAMES[lang][:4]
    average = word(lang, "Average", "平均")
    groups = [
        ("", ["OBIM", word(lang, "Base", "ベース"), *skills, average]),
        (word(lang, "Other methods, stock settings", "他の手法(標準設定)"), ["TIES", "DARE"]),
    ]

    def cell(i: int, j: int) -> dict[str, Any]:
        score = [0.63, 0.02, 0.9, 0.1, 0.08, 0.1, 0.3, 0.44, 0.41][(i + j) % 9]
        return {
            "score": f"{100 * score:.1f} %",
            "interval": f"{100 * score * 0.9:.1f} – {min(100 * score * 1.1, 100):.1f}",
            "arrow": [None, "up", "same", "down"][(i + 1) % 4],
            "arrow_text": word(lang, "+41 points against the base", "ベース比 +41 ポイント"),
            "retention": word(lang, "71 % of the best donor", "最良ドナーの 71 %") if i < 1 else "",
            "verdict": word(
                lang,
                "can't tell with 40 items; about 210 would do",
                "40 問では判断できません(約 210 問必要)",
            )
            if i % 2
            else word(lang, "OBIM better, +12.5", "OBIM が上、+12.5"),
            "tone": "unclear" if i % 2 else "better",
            "best": i == 0,
        }

    return {
        "rev": lang,
        "state": "ready",
        "caption": word(lang, "Exact match on report items", "評価問題での完全一致率"),
        "corner": word(lang, "Model", "モデル"),
        "columns": [{"name": n, "note": word(lang, "150 items", "150 問")} for n in skills],
        "groups": [
            {
                "name": name,
                "rows": [
                    {
                        "name": m,
                        "note": word(lang, "stock settings", "標準設定"),
                        "strong": m == "OBIM",
                        "cells": [
                            cell(i, j) if (i, j) != (2, 3) else {"score": None} for j in range(4)
                        ],
                    }
                    for i, m in enumerate(models)
                ],
            }
            for name, models in groups
        ],
        "best_text": word(lang, "best merge", "最良のマージ"),
        "missing": word(lang, "not measured", "未測定"),
        "foot": word(lang, "Arrows: against the base.", "矢印はベースとの差です。"),
        "save": saves(lang, "scores") | {"text": "a,b"},
    }


def dots(lang: str) -> dict[str, Any]:
    names = ["OBIM", word(lang, "Base", "ベース"), *NAMES[lang][:2]]
    points = [
        {"at": [s, s * 0.8, min(1, s * 1.2)], "text": f"{100 * s:.0f} %"} for s in (0.6, 0.1, 0.9)
    ]
    ticks = [[0.0, "0 %"], [0.5, "50 %"], [1.0, "100 %"]]
    return {
        "rev": lang,
        "state": "ready",
        "message": "",
        "title": word(lang, "Exact match on report items", "評価問題での完全一致率"),
        "note": word(lang, "Lines: 95 % interval.", "線は 95 % 信頼区間です。"),
        "corner": word(lang, "Model", "モデル"),
        "rows": [
            {"name": n, "slot": i - 2 if i > 1 else None, "strong": i == 0}
            for i, n in enumerate(names)
        ],
        "panels": [
            {"name": n, "low": 0.0, "high": 1.0, "ticks": ticks, "points": [*points, None]}
            for n in NAMES[lang][:5]
        ],
        "missing": word(lang, "not measured", "未測定"),
        "save": saves(lang, "dots"),
        "lang": lang,
    }


def items(lang: str) -> dict[str, Any]:
    one = {
        "skill": NAMES[lang][0],
        "prompt": "When is the meeting?\nWe meet on the 3rd of May, Heisei 31. " + HOSTILE,
        "expected": "2019-05-03",
        "answers": [
            {"name": word(lang, "Base", "ベース"), "text": "The meeting is on May.", "ok": False},
            {"name": NAMES[lang][0], "text": "2019-05-03", "ok": True},
            {"name": "OBIM", "text": "2019-03-05", "ok": False},
        ],
    }
    return {
        "rev": lang,
        "state": "ready",
        "label": word(lang, "Items that got worse", "悪くなった問題"),
        "skill_label": word(lang, "Skill", "スキル"),
        "position": word(lang, "{i} of {n}", "{n} 問中 {i}"),
        "previous": word(lang, "Previous", "前へ"),
        "next": word(lang, "Next", "次へ"),
        "prompt_label": word(lang, "Prompt", "プロンプト"),
        "expected_label": word(lang, "Expected", "正解"),
        "items": [one, {**one, "expected": "2020-01-01"}, {**one, "skill": "general"}],
        "ok": word(lang, "right", "正解"),
        "wrong": word(lang, "wrong", "不正解"),
        "mark_label": word(lang, "Remark", "備考"),
        "save": saves(lang, "items"),
    }


def result(lang: str) -> dict[str, Any]:
    path = "/home/user/models/obim-merge-1"
    return {
        "rev": lang,
        "state": "ready",
        "title": "obim-merge-1",
        "path_label": word(lang, "Written on the server in", "サーバー上の保存先"),
        "path": path,
        "files_label": word(lang, "File", "ファイル"),
        "size_label": word(lang, "Size", "サイズ"),
        "files": [
            ["model.safetensors", "269 MB"],
            ["config.json", "1 kB"],
            ["recipe.yaml", "2 kB"],
        ],
        "checks_label": word(lang, "Checks", "検証"),
        "checks": [
            {
                "ok": True,
                "text": word(lang, "Loads in transformers.", "transformers で読み込めます。"),
            },
            {"ok": True, "text": word(lang, "Same answers as here.", "この画面と同じ回答です。")},
        ],
        "ok": "ok",
        "wrong": "failed",
        "snippet_label": word(lang, "Use it", "使い方"),
        "snippet": f'from transformers import pipeline\nf = pipeline("text-generation", "{path}")',
        "copy": word(lang, "Copy", "コピー"),
        "copied": word(lang, "Copied", "コピーしました"),
    }


def recipe(lang: str) -> dict[str, Any]:
    return {
        "rev": lang,
        "state": "ready",
        "title": word(lang, "Recipe", "レシピ"),
        "note": word(lang, "Runs with: obim merge RECIPE OUT", "実行: obim merge RECIPE OUT"),
        "text": f"method: obim\nrounds: 10\ndonors:\n  - dates\n  - {HOSTILE}\n",
        "copy": word(lang, "Copy", "コピー"),
        "copied": word(lang, "Copied", "コピーしました"),
    }


def verdicts(lang: str) -> dict[str, Any]:
    words = {
        "green": word(lang, "green", "青"),
        "amber": word(lang, "amber", "黄"),
        "red": word(lang, "red", "赤"),
    }
    lights = [{"light": light, "word": said} for light, said in words.items()]
    figures = [{**light, "text": f"{HOSTILE}: 12.0 % (5.0 – 20.0)"} for light in lights]
    return {
        "rev": lang, "state": "ready", "message": "", "label": word(lang, "Rules", "条件"),
        **lights[2], "head": word(lang, "Turn 5: a rule is broken", "ターン 5: 条件に反しています"),
        "rules": [
            {**lights[2], "text": word(lang, "None falls", "維持"), "figures": figures},
            {**lights[0], "text": "B", "figures": figures[:1]},
        ],
        "turns_label": word(lang, "Judged turns", "判定したターン"),
        "turns": [
            {**lights[i % 3], "text": str(i), "now": i == 5} for i in range(1, 20)
        ],
        "remarks": [word(lang, "Best turn so far: 4.", "最良: ターン 4")], "foot": "...",
        "table": [["Turn", "Rule", "Score"], [[5, HOSTILE, 0.12], [5, "B", None]]],
        "save": saves(lang, "verdicts"),
    }  # fmt: skip


def packed(array: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()


PICTURE = (576, 1536)
"""Shape of the tensor that the picture is made of."""


def tensor_picture(
    lang: str, window: list[int] | None = None, donors: int = 4, turns: int = 0
) -> dict[str, Any]:
    """Made-up owners of a whole tensor, or of a window of it."""
    box = window or [0, PICTURE[0], 0, PICTURE[1]]
    names = NAMES[lang][:donors]
    sides = [box[:2], box[2:]]
    edges = [
        [a + i * (b - a) // min(128, b - a) for i in range(min(128, b - a) + 1)] for a, b in sides
    ]
    rows, cols, kinds = len(edges[0]) - 1, len(edges[1]) - 1, donors + 3
    size = np.outer(np.diff(edges[0]), np.diff(edges[1]))
    random = np.random.default_rng(3)
    weights = random.random((rows, cols, kinds)) ** 4 * (1 + np.arange(cols)[None, :, None] / cols)
    shares = (weights / weights.sum(axis=2, keepdims=True)).cumsum(axis=2)
    cut = np.floor(shares * size[:, :, None] + 1e-9).astype(int)
    counts = np.diff(cut, axis=2, prepend=0)
    counts[:, :, 0] += size - counts.sum(axis=2)
    members = counts[:, :, 1 : donors + 1]
    if turns:
        most = random.integers(1, turns + 1, (rows, cols))
        counts = np.stack([most, np.maximum(size // 2, 1), np.maximum(size // 2, 1)], axis=2)
    single = rows == box[1] - box[0] and cols == box[3] - box[2]
    values = {
        "delta": packed(random.normal(0, 1e-3, (donors, rows, cols)).astype(np.float32)),
        "saliency": packed(random.random((donors, rows, cols)).astype(np.float32) * 1e-9),
        "codes": packed(random.integers(0, 1 << donors, (rows, cols)).astype(np.uint8)),
        "code_bytes": 1,
    }
    texts = [word(lang, "nobody", "なし"), *names, word(lang, "contested", "取り合い")]
    texts.append(word(lang, "contested, opposite", "取り合い(逆向き)"))
    inks: list[Any] = ["none", *range(donors), "both", "fight"]
    said = "row rows column columns weights delta saliency wants claimed most busy longest"
    acts = "in out whole up down left right"
    return {
        "rev": f"{lang}{box}{turns}", "state": "ready", "message": "", "title": "Layer 3 · q_proj",
        "note": f"{box}", "label": word(lang, "Who wants what", "求めるドナー"), "busy": "",
        "shape": list(PICTURE), "window": box, "rows": rows, "cols": cols,
        "row_edges": edges[0], "col_edges": edges[1], "counts": packed(counts.astype(np.uint16)),
        "bytes": 2, "kinds": counts.shape[2], "turns": turns,
        "categories": [
            {"name": n, "ink": i, "text": "12.0 %"} for n, i in zip(texts, inks, strict=True)
        ],
        "donors": names, "members": [members.sum(axis=1).tolist(), members.sum(axis=0).tolist()],
        "values": values if single and not turns else None,
        "turn_names": ["base", *(f"turn {i + 1}, {names[i % donors]}" for i in range(turns))],
        "words": {w: word(lang, w, f"{w}(日)") for w in said.split()},
        "acts": {a: word(lang, a, f"{a}(日)") for a in acts.split()},
        "hint": word(lang, "Drag to zoom in.", "ドラッグで拡大します。"),
        "caption": word(lang, "The nearer the ground, the smaller.", "背景に近いほど少ない。"),
        "legend": {"low": "1", "high": str(turns), "text": "Turn"} if turns else None,
        "table_rows": word(lang, "Rows as a table", "行の表"),
        "table_columns": word(lang, "Columns as a table", "列の表"),
        "columns": ["a", "b", "c", "d", "n"],
        "save": {"label": word(lang, "Save", "保存"), "what": "Tensor", "file": "picture"},
    }  # fmt: skip


def overlap(lang: str, donors: int = 4) -> dict[str, Any]:
    edges = [-12 + 0.3 * i for i in range(31)]
    bell = [round(50_000 * 2 ** (-((i - 17) ** 2) / 20)) for i in range(30)]
    return {
        "rev": lang, "state": "ready", "message": "", "label": "Histogram",
        "title": word(lang, "All against contested", "全体と取り合い"), "edges": edges,
        "panels": [
            {"name": name, "slot": k, "all": bell, "note": "3" if k == 1 else "",
             "contested": [n // (2 + (29 - i) // 3) for i, n in enumerate(bell)]}
            for k, name in enumerate(NAMES[lang][:donors])
        ],
        "all_text": word(lang, "all", "全体"),
        "contested_text": word(lang, "contested", "取り合い"),
        "x_label": "log10", "y_label": word(lang, "weights", "重みの数"),
        "table": word(lang, "Show as table", "表で見る"),
        "columns": ["Donor", "From", "To", "All", "Contested"],
        "save": {"label": word(lang, "Save", "保存"), "what": "Histogram", "file": "overlap"},
    }  # fmt: skip


def scatter(lang: str) -> dict[str, Any]:
    rng = np.random.default_rng(4)

    def points(layer: int) -> list[dict[str, Any]]:
        predicted = 10.0 ** np.linspace(-7, -2, 10)
        measured = predicted * np.exp(rng.normal(size=10)) - 1e-5 * (layer == 1)
        return [
            {"at": [p, m], "row": [layer, i, 4096], "tip": f"{word(lang, 'Layer', '層')} {layer}"}
            for i, (p, m) in enumerate(zip(predicted.tolist(), measured.tolist(), strict=True), 1)
        ]

    return {
        "rev": lang,
        "state": "ready",
        "message": "",
        "title": word(lang, "Estimate against truth", "推定と実測"),
        "label": "Estimate against truth",
        "x_label": word(lang, "Estimated", "推定値"),
        "y_label": word(lang, "Measured rise of the loss", "実測した損失の増加"),
        "below": word(lang, "below the line: the loss fell", "線より下: 損失が減った"),
        "equal": word(lang, "estimate = measured", "推定 = 実測"),
        "note": word(lang, "Both axes are logarithmic.", "両軸とも対数目盛です。"),
        "series": [
            {"name": name, "slot": i, "points": points(i)}
            for i, name in enumerate([word(lang, "Layer 0", "層 0"), "Layer 15", HOSTILE])
        ],
        "table": word(lang, "Show as table", "表で見る"),
        "columns": ["Layer", "Band", "Weights", "Estimated", "Measured"],
        "save": saves(lang, "scatter"),
    }


def bars(lang: str) -> dict[str, Any]:
    words = [word(lang, "Estimated sum", "推定値の合計"), HOSTILE, word(lang, "All", "全部")]
    values = [[0.01, 0.02, 0.035], [0.0, -0.004, 0.012], [3.0, 1.0, 2.0]]
    return {
        "rev": lang,
        "state": "ready",
        "message": "",
        "title": word(lang, "Do weights act independently?", "重みは独立に働くか"),
        "groups": [
            {
                "name": f"{word(lang, 'Layer', '層')} {layer}",
                "bars": [
                    {"label": w, "value": x, "text": f"{x}", "slot": slot}
                    for w, x, slot in zip(words, row, [None, 0, 5], strict=True)
                ],
            }
            for layer, row in zip([0, 15, 29], values, strict=True)
        ],
        "columns": ["Layer", "What", "Value"],
        "save": saves(lang, "bars"),
    }


def blank(state: str) -> dict[str, Any]:
    return {"rev": state, "state": state, "message": f"Nothing to see yet ({state})."}


def build() -> gr.Blocks:
    """Every widget once, a language switch, a light/dark button and two that change a turn."""
    made = {
        "stepper": (widgets.Stepper, stepper),
        "job": (widgets.JobBar, job),
        "counters": (widgets.Counters, counters),
        "cards": (widgets.ModelCards, cards),
        "grid": (widgets.SaliencyGrid, grid),
        "canvas": (widgets.WeightCanvas, canvas),
        "matrix": (widgets.DonorMatrix, matrix),
        "findings": (widgets.FindingList, findings),
        "histogram": (widgets.Histogram, histogram),
        "occupancy": (widgets.Occupancy, occupancy),
        "curves": (widgets.Curves, curves),
        "scores": (widgets.ScoreTable, scores),
        "dots": (widgets.ScoreDots, dots),
        "items": (widgets.ItemList, items),
        "verdicts": (widgets.Verdicts, verdicts),
        "result": (widgets.ResultBox, result),
        "recipe": (widgets.Recipe, recipe),
        "picture": (widgets.TensorPicture, tensor_picture),
        "overlap": (widgets.OverlapHistogram, overlap),
        "scatter": (widgets.Scatter, scatter),
        "bars": (widgets.Bars, bars),
    }
    with gr.Blocks(title="Gallery") as page:
        lang = gr.Radio(
            [("English", "en"), ("日本語", "ja")], value="en", label="Language", elem_id="lang"
        )
        dark = gr.Button("Light / dark", elem_id="dark")
        turn = gr.Button("Next turn", elem_id="turn")
        heard = gr.Textbox(label="Heard", elem_id="heard")
        token = gr.Textbox(label="Token", elem_id="token")
        box: dict[str, Any] = {}
        rows = [["stepper"], ["job"], ["counters"], ["cards"], ["grid", "canvas", "histogram"],
                ["matrix", "findings"], ["picture", "overlap"],
                ["occupancy", "curves"], ["scores"], ["dots"], ["items"], ["verdicts"],
                ["result", "recipe"], ["scatter"], ["bars"]]  # fmt: skip
        for row in rows:
            with gr.Row():
                for name in row:
                    with gr.Column(min_width=320):
                        cls, make = made[name]
                        box[name] = cls(make("en"), elem_id=name)
        for state in ("empty", "loading"):
            widgets.Occupancy(blank(state), elem_id=f"blank-{state}")
        for i, (state, share) in enumerate(
            [("idle", 0), ("running", None), ("done", 100), ("failed", 40), ("interrupted", 60)]
        ):
            widgets.JobBar(job("en", state, share), elem_id=f"job-{i}")
        widgets.SaliencyGrid(grid("en", 80, None), elem_id="grid-80")
        widgets.SaliencyGrid(grid("en", 4, None) | {"diverging": True}, elem_id="grid-4")
        widgets.DonorMatrix(matrix("en", 2, diverging=True), elem_id="matrix-2")
        widgets.DonorMatrix(matrix("en", 8), elem_id="matrix-8")
        widgets.Occupancy(occupancy("en", 18, 8, 80), elem_id="occupancy-80")
        widgets.Curves(curves("en", 6, 2), elem_id="curves-8")
        widgets.TensorPicture(tensor_picture("en", None, 8, 40), elem_id="picture-turns")
        widgets.OverlapHistogram(overlap("en", 8), elem_id="overlap-8")

        quiet = {"show_progress": "hidden"}
        page.load(lambda *a: a, [token, lang], [token, lang], js=theme.BOOT_JS, **quiet)
        lang.input(None, lang, None, js=theme.LANGUAGE_JS)
        lang.change(
            lambda x: [m(x) for _, m in made.values()], lang, [box[n] for n in made], **quiet
        )
        dark.click(None, js=theme.THEME_JS)
        turn.click(lambda: occupancy("en", 18), None, box["occupancy"], **quiet)

        def picked(event: gr.EventData) -> tuple[dict[str, Any], str]:
            return grid("en", selected=str(event.tensor)), str(event.tensor)

        def went(event: gr.EventData) -> tuple[dict[str, Any], str]:
            return stepper("en", int(event.step)), f"step {event.step}"

        def paired(event: gr.EventData) -> tuple[dict[str, Any], str]:
            return matrix("en", selected=list(event.pair)), f"pair {event.pair}"

        box["matrix"].pick(paired, None, [box["matrix"], heard], **quiet)
        box["findings"].pick(lambda: "finding", None, heard, **quiet)

        def zoomed(event: gr.EventData) -> tuple[dict[str, Any], str]:
            return tensor_picture("en", list(event.window)), str(event.window)

        box["picture"].zoom(zoomed, None, [box["picture"], heard], **quiet)
        box["grid"].pick(picked, None, [box["grid"], heard], **quiet)
        box["stepper"].go(went, None, [box["stepper"], heard], **quiet)
    return page


if __name__ == "__main__":
    build().launch(**launch_kwargs(port=int(sys.argv[1]) if len(sys.argv) > 1 else 7861))
