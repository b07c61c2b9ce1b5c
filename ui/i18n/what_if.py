"""Sentences of what-if and of the donor order explorer, English and Japanese side by side."""
# ruff: noqa: E501 (a sentence a line)

TEXTS: dict[str, tuple[str, str]] = {
    "what_if.what": (
        "Try other settings without merging: drag, and see who would own the weights and what each donor would give up.",
        "マージせずに設定を試せます。動かすと、重みの持ち主と、各ドナーが失うものがすぐに分かります。",
    ),
    "what_if.order": ("Order of turns", "ターンの順番"),
    "what_if.rotates": ("another donor begins each round", "周ごとに先頭が替わる"),
    "what_if.fixed": ("the same donor begins every round", "毎周同じドナーが先頭"),
    "what_if.pin_a": ("Pin as A", "A に固定"),
    "what_if.pin_b": ("Pin as B", "B に固定"),
    "what_if.unpin": ("Remove A and B", "A と B を外す"),
    "what_if.reset": ("As in the merge", "マージと同じに戻す"),
    "what_if.use": ("Merge with these settings", "この設定でマージする"),
    "what_if.use_sure": ("Begin a new merge with them?", "新しいマージを始めますか?"),
    "what_if.same": (
        "These are the settings of the merge already; change one first.",
        "マージの設定と同じです。まず何かを変えてください。",
    ),
    "what_if.scale_range": ("A scale has to be 0 to 10.", "倍率は 0〜10 にしてください。"),
    "what_if.drawing": (
        "Reading some rows of every tensor, once; then figures follow at once …",
        "最初だけ、各テンソルの一部の行を読み込んでいます。そのあとはすぐに表示されます…",
    ),
    "what_if.preview": (
        "Preview from {rows} rows, 1 in {every}: an estimate.",
        "{rows} 行(約 {every} 行に 1 行)からのプレビュー(推定値)です。",
    ),
    "what_if.reckoning": (
        "The exact figures are on their way: {share}.",
        "正確な数値を計算中: {share}。",
    ),
    "what_if.soon": (
        "The exact figures follow by themselves (about {time}).",
        "続けて正確な数値が計算されます(約 {time})。",
    ),
    "what_if.later": (
        "The exact figures follow when the job is done.",
        "正確な数値は、実行中の処理が終わってから計算されます。",
    ),
    "what_if.preview_later": (
        "A preview follows when the job is done.",
        "プレビューは、実行中の処理が終わってから表示されます。",
    ),
    "what_if.stopped": (
        "The exact figures were stopped; change a setting to begin them again.",
        "正確な数値の計算は停止されました。設定を変えると、また始まります。",
    ),
    "what_if.no_preview": ("No preview: {why}", "プレビューを表示できません: {why}"),
    "what_if.no_exact": ("No exact figures: {why}", "正確な数値を計算できません: {why}"),
    "what_if.again": ("It is tried again by itself.", "自動的にもう一度試します。"),
    "what_if.given_up": ("Change a setting to try again.", "設定を変えると、もう一度試します。"),
    "what_if.exact": ("Exact: from all rows.", "正確な数値です(全行から計算)。"),
    "what_if.is_exact": ("exact", "正確"),
    "what_if.is_preview": ("preview", "プレビュー"),
    "what_if.map": (
        "Who would own the weights of each layer",
        "この設定での、各層の重みの持ち主",
    ),
    "what_if.none": ("Nothing to see yet.", "まだ表示するものがありません。"),
    "what_if.table": ("What the settings would come to", "設定ごとの見込み"),
    "what_if.corner": ("Setting", "設定"),
    "what_if.column.now": ("Being tried", "試している設定"),
    "what_if.column.a": ("A", "A"),
    "what_if.column.b": ("B", "B"),
    "what_if.column.difference": ("B − A", "B − A"),
    "what_if.density_scale": ("Density × scale", "密度 × 倍率"),
    "what_if.positions": ("Weights it would own", "持つことになる重み"),
    "what_if.lost": ("Predicted loss", "予測される損失"),
    "what_if.contested": ("Contested saliency", "取り合いになる重要度"),
    "what_if.rise": ("{rise} nats a token", "{rise} nat/トークン"),
    "what_if.away": ("{share} goes to others", "{share} が他へ"),
    "what_if.points": ("{n} points", "{n} ポイント"),
    "what_if.means": (
        "Predicted loss: the share of a donor's saliency that lies in weights it would not get. Contested saliency: the share in weights that both it and another donor want most (each within its density).",
        "予測される損失: ドナーの重要度のうち、そのドナーのものにならない重みにある割合。取り合いになる重要度: 複数のドナーが(それぞれの密度の範囲で)最も欲しがる重みにある割合。",
    ),
    "what_if.means_mean": (
        "This saliency has another unit in each tensor, so shares are taken within each tensor and the mean over tensors is shown.",
        "この重要度はテンソルごとに単位が異なるため、テンソル内での割合を求め、全テンソルで平均しています。",
    ),
    "what_if.means_sums": (
        "This saliency has the same unit in all tensors, so shares are of the sum over all tensors.",
        "この重要度は全テンソルで単位が同じなので、全テンソルの合計に対する割合です。",
    ),
    "what_if.scale_note": (
        "Not every scale is 1. The predicted loss counts saliency that finds no place; it doesn't say what multiplying a donor's change by its scale does to its skill. A skill with a scale other than 1 can lose more or less than the figure says: only scores tell.",
        "倍率が 1 でないドナーがあります。予測される損失は、置き場所のない重要度を数えたもので、変化に倍率を掛けるとスキルがどうなるかは含みません。倍率が 1 でなければ、スキルの損失はこの数値より大きいことも小さいこともあり、採点しなければ分かりません。",
    ),
    "what_if.unscaled": (
        "leaves out what scale {scale} does",
        "倍率 {scale} の影響は含みません",
    ),
    "what_if.given_up_note": ("saliency given up", "手放す重要度"),
    "what_if.given_up_tip": (
        "Saliency given up: the share of the donor's saliency that lies in weights it would not get. It is no loss of score.",
        "手放す重要度: ドナーの重要度のうち、そのドナーのものにならない重みにある割合。得点の低下ではありません。",
    ),
    "what_if.unmeasured": (
        "{name}: {n} tensors have no statistics; their squared change stands for their saliency.",
        "{name}: {n} 個のテンソルには統計がなく、変化の 2 乗を重要度の代わりにしています。",
    ),
    "orders.what": (
        "The merge goes round the donors in turns. Try the other orders with the settings of the section above: how far do the owners and the scores change?",
        "マージではドナーが順番にターンを取ります。1 つ上の欄の設定で、順番だけを変えると、持ち主とスコアはどれだけ変わるでしょうか。",
    ),
    "orders.try": ("Owners in all {n} orders", "全 {n} 通りの順番での持ち主"),
    "orders.try_fixed": (
        "The same, with one donor beginning every round",
        "先頭を固定した場合",
    ),
    "orders.try_rotating": (
        "The same, with another donor beginning each round",
        "先頭を毎周替えた場合",
    ),
    "orders.score": ("Scores of all {n} orders", "全 {n} 通りのスコア"),
    "orders.try_some": (
        "Owners in {n} orders drawn at random",
        "無作為に選んだ {n} 通りの順番での持ち主",
    ),
    "orders.score_some": (
        "Scores of {n} orders drawn at random",
        "無作為に選んだ {n} 通りのスコア",
    ),
    "orders.takes": ("{what} (about {time})", "{what}(約 {time})"),
    "orders.none": (
        "No orders were tried with these settings.",
        "この設定では、まだ順番を試していません。",
    ),
    "orders.one": ("With one donor there is one order.", "ドナーが 1 つなら順番も 1 通りです。"),
    "orders.all": (
        "All {n} orders, {rounds} rounds, {rotates}:",
        "全 {n} 通り、{rounds} 周、{rotates}:",
    ),
    "orders.some": (
        "{n} orders drawn at random, {rounds} rounds, {rotates}:",
        "無作為に選んだ {n} 通り、{rounds} 周、{rotates}:",
    ),
    "orders.same": (
        "{same} of the claimed weights have the same owner in every order; against the order that is set, at most {differs} change owner.",
        "獲得された重みの {same} は、どの順番でも持ち主が同じです。設定中の順番と比べて持ち主が替わるのは、最大で {differs} です。",
    ),
    "orders.same_some": (
        "{same} of the claimed weights have the same owner in all {n} orders that were tried (there are more); against the order that is set, at most {differs} change owner.",
        "獲得された重みの {same} は、試した {n} 通り(ほかの順番もあります)のすべてで持ち主が同じです。設定中の順番と比べて持ち主が替わるのは、最大で {differs} です。",
    ),
    "orders.keeps_some": (
        "In the {n} orders that were tried, {name} owns {owned} of the weights; its predicted loss is {lost}.",
        "試した {n} 通りの順番では、{name} は重みの {owned} を持ち、予測される損失は {lost} です。",
    ),
    "orders.rotation_some": (
        "Same owner in all {n} orders that were tried: {turning} when another donor begins each round, {still} when it is always the same.",
        "試した {n} 通りのすべてで持ち主が同じ重み: 先頭を毎周替えると {turning}、固定すると {still}。",
    ),
    "orders.keeps": (
        "Whatever the order, {name} owns {owned} of the weights; its predicted loss is {lost}.",
        "どの順番でも、{name} は重みの {owned} を持ち、予測される損失は {lost} です。",
    ),
    "orders.rotation": (
        "Same owner in every order: {turning} when another donor begins each round, {still} when it is always the same.",
        "どの順番でも持ち主が同じ重み: 先頭を毎周替えると {turning}、固定すると {still}。",
    ),
    "orders.table": ("Orders: {rotates}", "順番の比較: {rotates}"),
    "orders.differs": ("Other owner", "持ち主が替わる重み"),
    "orders.lost_and_owned": ("predicted loss, weights", "予測される損失と重み"),
    "orders.owned": ("{share} of weights", "重みの {share}"),
    "orders.set": ("the order that is set", "設定中の順番"),
    "orders.foot": (
        "Other owner: of the weights that this order or the one that is set gives to a donor, the share whose owner is another one.",
        "持ち主が替わる重み: この順番か設定中の順番でドナーのものになる重みのうち、持ち主が異なる割合。",
    ),
    "orders.scores": ("Scores by order", "順番ごとのスコア"),
    "orders.scores_note": (
        "Quick scores of the finished merge, on the same items; lines: 95 % intervals. The first row is the order that is set.",
        "完成したマージの簡易スコア(同じ問題)。線は 95 % 区間。先頭の行が設定中の順番です。",
    ),
    "orders.change": (
        "{points} points against the order that is set ({low} to {high})",
        "設定中の順番との差 {points} ポイント({low}〜{high})",
    ),
    "orders.scores_apart": (
        "No differences between these scores were measured against the order that is set now; score the orders again for them (what was read before is not read again).",
        "今設定している順番との差は、まだ測っていません。もう一度スコアを求めると表示されます(読み込み済みの結果は再利用されます)。",
    ),
    "orders.scores_alike": (
        "On these items none of the other {n} orders that were scored is surely better or worse than the one that is set: all paired 95 % intervals of {all} comparisons include 0.",
        "これらの問題では、採点したほかの {n} 通りに、設定中の順番と確かな差のある順番はありません。{all} 件の比較の 95 % 区間はすべて 0 を含みます。",
    ),
    "orders.scores_differ": (
        "{sure} of {all} comparisons with the order that is set ({n} orders) have a paired 95 % interval without 0; by chance alone about 1 in 20 would.",
        "設定中の順番との {all} 件の比較({n} 通り)のうち、{sure} 件の 95 % 区間が 0 を含みません。偶然だけでも約 20 件に 1 件はそうなります。",
    ),
    "job.reckon": ("Exact figures", "正確な数値"),
    "job.try_orders": ("Owners by order", "順番ごとの持ち主"),
    "job.score_orders": ("Scores by order", "順番ごとのスコア"),
    "phase.reckon": (
        "ranking and claiming, nothing is written",
        "順位付けと獲得(何も書き込みません)",
    ),
    "phase.try_orders": ("claiming in one order after another", "順番を替えながら獲得中"),
}
