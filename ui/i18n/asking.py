"""Sentences of who is asked and of what a button waits for: key -> (English, Japanese)."""

TEXTS: dict[str, tuple[str, str]] = {
    "asking.models": (
        "Asks {left} (left) and {right} (right).",
        "{left}(左)と {right}(右)に聞きます。",
    ),
    "waits.until": ("Waits until {what} is done.", "{what}が終わると押せます。"),
    "waits.all_turns": (
        "All {n} turns are done; go back to take some again.",
        "{n} ターンがすべて終わりました。やり直すには戻ってください。",
    ),
    "waits.worker": (
        "until the worker process has started or ended what it had in hand",
        "計算プロセスの起動、または前の作業の終了を待っています",
    ),
    "waits.check": ("the check of the models", "モデルの確認"),
    "waits.calibrate": ("the saliency", "重要度の計算"),
    "waits.explore": ("the comparison of the donors", "ドナーの比較"),
    "waits.trust": ("the test of the estimates", "推定と実測の比較"),
    "waits.converge": ("the count of texts", "必要なテキスト数の計算"),
    "waits.advance": ("the merge", "マージ"),
    "waits.back": ("going back", "巻き戻し"),
    "waits.evaluate": ("the evaluation", "評価"),
    "waits.tune": ("tuning", "調整"),
    "waits.export": ("the export", "書き出し"),
    "waits.download": ("the download", "ダウンロード"),
    "waits.look_up": ("the look-up in the Hub", "Hub での確認"),
    "waits.add_set": ("saving the set", "問題集の保存"),
    "waits.remove_set": ("removing the set", "問題集の削除"),
    "waits.try_orders": ("trying the orders", "順番ごとの持ち主の計算"),
    "waits.score_orders": ("scoring the orders", "順番ごとの評価"),
}
