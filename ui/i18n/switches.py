"""Sentences of switching donors off: key -> (English, Japanese)."""
# ruff: noqa: E501 (a sentence a line)

TEXTS: dict[str, tuple[str, str]] = {
    "switches.heading": ("Switch donors off", "ドナーを切り離す"),
    "switches.lead": (
        "What does each donor do in this merge? Without its tick, the base's weights stand again at the positions that the donor claimed, exactly; all others stay as they are. Ticked again, the merge is back bit for bit.",
        "このマージで各ドナーは何をしているのでしょうか。チェックを外すと、そのドナーが獲得した位置だけが正確にベースの重みへ戻り、ほかの位置はそのままです。チェックを付け直すと、マージは 1 ビットも違わずに元へ戻ります。",
    ),
    "switches.none_yet": (
        "Once something is merged, donors can be switched off here.",
        "マージを始めると、ここでドナーを切り離せます。",
    ),
    "switches.on": ("{name} is in the model", "{name} をモデルに入れる"),
    "switches.only": ("{name}: only some layers or modules", "{name}: 一部の層・モジュールだけ"),
    "switches.first": ("Off from layer", "切り離す最初の層"),
    "switches.last": ("Off to layer", "切り離す最後の層"),
    "switches.modules": ("Off in these modules", "切り離すモジュール"),
    "switches.outside": (
        "{names}: in no layer, so off only if all layers are.",
        "{names}: 層の外にあり、すべての層を選んだときだけ切り離されます。",
    ),
    "switches.back": (
        "{name}: {n} of its {owned} positions go back to the base.",
        "{name}: 獲得した {owned} 個の位置のうち {n} 個がベースに戻ります。",
    ),
    "switches.back_all": (
        "{name}: all {n} positions that it claimed go back to the base.",
        "{name}: 獲得した {n} 個の位置がすべてベースに戻ります。",
    ),
    "switches.total": (
        "Together {n} positions: {share} of all that may change.",
        "合わせて {n} 個で、変更できる位置全体の {share} です。",
    ),
    "switches.nowhere": (
        "{name}: no module in these layers is ticked, so nothing of it is switched off. Tick one below its name.",
        "{name}: 選んだ層でチェックの付いたモジュールがないため、何も切り離していません。名前の下でモジュールを選んでください。",
    ),
    "switches.not_obim": (
        "This isn't the merge that OBIM would have built without {names}: the turns after it would have had more room.",
        "これは、OBIM が {names} なしで作るマージではありません。その場合は、後のターンにもっと多くの位置が残っていたはずです。",
    ),
    "switches.whole_only": (
        "A new merge can be built only without a whole donor: what is left out of a merge is left out for all donors alike.",
        "新しく作り直せるのは、ドナーを丸ごと外したマージだけです。対象外にする重みは、すべてのドナーに共通だからです。",
    ),
    "switches.last_donor": (
        "A merge needs at least one donor, so there is none to build without all of them.",
        "マージには少なくとも 1 つのドナーが必要なので、全部を外したマージは作れません。",
    ),
    "switches.before": (
        "These turns were taken with an earlier version, which counted by layer only; donors can be switched off as a whole.",
        "以前の版で進めたターンは層ごとにしか数えていないため、ドナーは丸ごとだけ切り離せます。",
    ),
    "switches.score": ("Evaluate as switched", "この状態を評価"),
    "switches.build": ("Build that merge instead", "なしのマージを作り直す"),
    "switches.build_sure": (
        "Press again: a new merge without {names}",
        "もう一度押すと、{names} なしで始めます",
    ),
    "switches.all_on": ("All on", "すべて戻す"),
    "switches.model": ("{model} without {what}", "{what} なしの {model}"),
    "switches.part": ("{donor} ({where})", "{donor}({where})"),
    "switches.layers": ("layers {first}–{last}", "層 {first}–{last}"),
    "switches.layer": ("layer {n}", "層 {n}"),
    "switches.attention": ("attention", "アテンション"),
    "switches.mlp": ("MLP", "MLP"),
    "switches.choice": ("{model}, as switched", "{model}(切り離した状態)"),
    "switches.row": (
        "switched off in turn {turn} of {turns}",
        "ターン {turn} / {turns} で切り離し",
    ),
    "switches.no_donor": ("Switch a donor off first.", "先にドナーを切り離してください。"),
    "switches.donor": ("Donor", "ドナー"),
}
