"""Japanese sentences, grouped by screen."""

TEXTS: dict[str, str] = {
    # page
    "page.title": "OBIM Studio",
    "page.purpose": "複数の言語モデルを一歩ずつマージし、各モデルの寄与を目で確かめます。",
    "page.language": "言語",
    "page.light_dark": "明 / 暗",
    "page.next": "次へ",
    "page.back": "戻る",
    "page.copy": "コピー",
    "page.copied": "コピーしました",
    "page.table": "表で見る",
    # stepper
    "stepper.label": "手順",
    "stepper.models": "モデル",
    "stepper.saliency": "重要度",
    "stepper.merge": "マージ",
    "stepper.evaluate": "評価",
    "stepper.export": "書き出し",
    "stepper.locked": "未開放",
    "stepper.ready": "選択可能",
    "stepper.done": "完了",
}
