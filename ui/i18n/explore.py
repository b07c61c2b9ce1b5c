"""Sentences of the Interference screen: key -> (English, Japanese)."""
# ruff: noqa: E501 (a sentence a line)

TEXTS: dict[str, tuple[str, str]] = {
    "explore.what": (
        "Where do the donors want the same weights? Where they do, the merge has to decide who gets them. Look before you merge, and again afterwards.",
        "ドナーどうしが同じ重みを取り合うのはどこでしょうか。そこでは、どのドナーに渡すかをマージが決めます。マージの前にも後にも確認できます。",
    ),
    "explore.fold.pairs": (
        "Pairs: which donors want the same weights?",
        "ドナーの比較: どのドナーが同じ重みを欲しがるか",
    ),
    "explore.fold.inside": (
        "One tensor close up: who wants each weight, and who got it?",
        "テンソルの拡大: どの重みを誰が欲しがり、誰が得たか",
    ),
    "explore.fold.owners": (
        "Owners: who owns how much after the merge?",
        "持ち主: マージ後、誰がどれだけ持つか",
    ),
    "explore.fold.what_if": (
        "What if: what would other settings change?",
        "設定を変えたら: 持ち主はどう変わるか",
    ),
    "explore.fold.orders": (
        "Order: does it matter which donor comes first?",
        "順番: どのドナーが先かで結果は変わるか",
    ),
    "explore.jump.pairs": ("Pairs", "ドナーの比較"),
    "explore.jump.inside": ("One tensor", "テンソルの拡大"),
    "explore.jump.owners": ("Owners", "持ち主"),
    "explore.jump.what_if": ("What if", "設定を変えたら"),
    "explore.jump.orders": ("Order", "順番"),
    "explore.compare": ("Compare the donors", "ドナーを比較"),
    "explore.takes": (
        "Takes about {time} on this machine. You can also go on without it.",
        "この環境で約 {time}かかります。比較せずに次へ進むこともできます。",
    ),
    "explore.so_far": (
        "{n} of {total} tensors compared; the figures below cover these.",
        "{total} 個中 {n} 個のテンソルを比較しました。下の数値はその分です。",
    ),
    "explore.partly": (
        "Only {n} of {total} tensors are compared; the figures below cover these. Press the button to go on.",
        "{total} 個中 {n} 個のテンソルだけを比較しました。下の数値はその分です。ボタンを押すと続きから比較します。",
    ),
    "explore.all": ("All {n} tensors are compared.", "全 {n} 個のテンソルを比較しました。"),
    "explore.two": (
        "Interference takes two donors or more; this run has one.",
        "干渉はドナーが 2 つ以上のときに起こります。この作業には 1 つしかありません。",
    ),
    "explore.comparing": (
        "Comparing; the first layers come first ...",
        "最初の層から順に比較しています…",
    ),
    "explore.no_pair": (
        "No tensor is changed by two donors: nothing can interfere.",
        "2 つ以上のドナーが変えるテンソルがないため、干渉は起こりません。",
    ),
    "explore.shows": ("Show", "表示する値"),
    "explore.matrix": ("Donor against donor", "ドナーどうし"),
    "explore.findings": ("Where they contest most", "取り合いが最も多い場所"),
    "explore.places": ("Layer by layer", "層ごと"),
    "explore.pair": ("Pair of donors", "ドナーの組"),
    "explore.tensor": ("Tensor", "テンソル"),
    "explore.donor": ("Donor", "ドナー"),
    "explore.all_pairs": ("All pairs", "すべての組"),
    "explore.between": ("{one} and {other}", "{one} と {other}"),
    "explore.towards": ("{one} to {other}", "{one} から {other} へ"),
    "explore.facet.overlap": ("Overlap", "重なり"),
    "explore.facet.cosine": ("Cosine", "コサイン"),
    "explore.facet.conflict": ("Sign conflicts", "符号の対立"),
    "explore.facet.contested": ("Contested saliency", "取り合う重要度"),
    "explore.facet.given_up": ("Given up", "手放す分"),
    "explore.about.overlap": (
        "Each donor wants the positions of its highest saliency, as many as its density allows (the share of each tensor that it may claim). Overlap: how much of the smaller set the other donor wants too. Chance: what blind picks would share, among the positions that each donor can claim after rounding.",
        "どのドナーも、重要度の高い位置を、密度(各テンソルで獲得できる割合)の分だけ欲しがります。重なり: 少ない方の集合のうち、相手も欲しがる割合。偶然: 丸めた後に獲得できる位置から無作為に選んだ場合の重なり。",
    ),
    "explore.about.cosine": (
        "Delta: what a donor adds to the base, times its scale. Cosine: how alike two deltas are over all positions. 1: the same direction, 0: unrelated, −1: opposite.",
        "差分: ドナーがベースに加える変化に倍率を掛けたもの。コサイン: 全位置で見た 2 つの差分の近さ。1 は同じ向き、0 は無関係、−1 は逆向き。",
    ),
    "explore.about.conflict": (
        "Of the positions that both donors want: where one would raise the weight and the other lower it. 50 % is chance.",
        "両方のドナーが欲しがる位置のうち、一方は重みを上げ、他方は下げようとする割合。偶然なら 50 %。",
    ),
    "explore.about.contested": (
        "Saliency: the predicted loss when a changed weight is taken away. Contested: the share of the saliency a donor wants that lies where the other donor wants it too. The merge gives each position to one of them.",
        "重要度: 変化した重みを失ったときに予測される損失。取り合う重要度: ドナーが欲しがる重要度のうち、相手も欲しがる位置にある割合。マージでは、各位置は 1 つのドナーのものになります。",
    ),
    "explore.about.given_up": (
        "What the merge will cost, once all turns are settled: the share of the saliency a donor wants that the other donor gets. The last column is the predicted loss the donor gives up in all: less, since it takes its next best positions instead.",
        "全ターンの結果から見たマージの代償: ドナーが欲しがる重要度のうち、相手のものになる割合。右端の列はドナーが全体で手放す予測損失です。代わりに次に良い位置を得るので、合計より小さくなります。",
    ),
    "explore.unit": (
        "{estimator} has another unit in each layer: shares are taken within each tensor, then averaged, weighted by how much the donor changes the tensor (sum of squares).",
        "{estimator}は層ごとに単位が異なります。割合はテンソルごとに求め、ドナーがそのテンソルを変える量(二乗和)で重み付けして平均します。",
    ),
    "explore.settings": (
        "For the settings of this run: density {donors}; rounds: {rounds}. Other settings on the Merge screen ask for a new comparison.",
        "この作業の設定での値です。密度: {donors}。周回数: {rounds}。「マージ」で設定を変えると、比較し直しになります。",
    ),
    "explore.by_tensor": (
        "This merge ranks over the whole model. The comparison ranks within each tensor instead, at the same density.",
        "このマージはモデル全体で順位を付けますが、比較では同じ密度のままテンソルごとに順位を付けます。",
    ),
    "explore.unmeasured": (
        "{n} tensors have no statistics and are ranked by their squared change alone.",
        "{n} 個のテンソルには統計がなく、変化の二乗だけで順位を付けました。",
    ),
    "explore.chance": ("chance {share}", "偶然 {share}"),
    "explore.beyond": ("{points} points against chance", "偶然との差 {points} ポイント"),
    "explore.total.contested": ("any other", "他のどれか"),
    "explore.total.given_up": ("in all", "全体"),
    "explore.hint": (
        "Click a pair to see where it is so. Arrow keys and Enter work too.",
        "組をクリックすると、場所ごとの値が見えます。矢印キーと Enter も使えます。",
    ),
    "explore.hint.directed": (
        "Read by rows: each figure is a share of what the row’s donor wants. Click a pair to see where. Arrow keys and Enter work too.",
        "行ごとに読みます。どの値も、行のドナーが欲しがる分に対する割合です。組をクリックすると、場所ごとの値が見えます。矢印キーと Enter も使えます。",
    ),
    "explore.hint.grid": (
        "Click a cell to see its tensor close up, in the next section. Arrow keys and Enter work too.",
        "セルをクリックすると、次の欄にそのテンソルの拡大が出ます。矢印キーと Enter も使えます。",
    ),
    "explore.colour.overlap": (
        "Colour: overlap against chance, in percentage points. Orange: both want the same positions more than chance; blue: less.",
        "色: 偶然と比べた重なり(ポイント)。橙は偶然より多く同じ位置を欲しがり、青は少ないことを表します。",
    ),
    "explore.colour.cosine": (
        "Colour: cosine. Blue: the same direction; orange: opposite.",
        "色: コサイン。青は同じ向き、橙は逆向き。",
    ),
    "explore.colour.conflict": (
        "Colour: opposite signs among the positions both want. Orange: more than 50 %, which is chance; blue: less.",
        "色: 両方が欲しがる位置での逆符号の割合。橙は偶然(50 %)より多く、青は少ないことを表します。",
    ),
    "explore.colour.contested": (
        "Colour: share of the wanted saliency that is contested.",
        "色: 欲しがる重要度のうち、取り合いになる割合。",
    ),
    "explore.colour.given_up": (
        "Colour: share of the wanted saliency that is lost in the merge.",
        "色: 欲しがる重要度のうち、マージで失う割合。",
    ),
    "explore.mean.pairs": ("Mean of all pairs.", "すべての組の平均。"),
    "explore.mean.donors": (
        "Mean of all donors, each against all others.",
        "各ドナーと他の全ドナーの値の、全ドナーでの平均。",
    ),
    "explore.mean.ways": ("Mean of both directions.", "双方向の平均。"),
    "explore.layer": ("Layer {n} · {module}", "層 {n} · {module}"),
    "explore.layers": ("Layers {first}–{last} · {module}", "層 {first}–{last} · {module}"),
    "explore.want.more": (
        "Both want the same {share} of the positions (more than chance: {chance}); in {opposed} of them they pull in opposite directions.",
        "両方が同じ {share} の位置を欲しがります(偶然の {chance} より多い)。そのうち {opposed} では逆向きに引き合います。",
    ),
    "explore.want.less": (
        "Both want the same {share} of the positions (less than chance: {chance}); in {opposed} of them they pull in opposite directions.",
        "両方が同じ {share} の位置を欲しがります(偶然の {chance} より少ない)。そのうち {opposed} では逆向きに引き合います。",
    ),
    "explore.want.same": (
        "Both want the same {share} of the positions (about chance: {chance}); in {opposed} of them they pull in opposite directions.",
        "両方が同じ {share} の位置を欲しがります(偶然の {chance} とほぼ同じ)。そのうち {opposed} では逆向きに引き合います。",
    ),
    "explore.contests": (
        "Contested share of the saliency wanted here: {shares}.",
        "ここで欲しがる重要度のうち取り合う割合: {shares}。",
    ),
    "explore.of": ("{donor} {share}", "{donor} {share}"),
    "explore.order": (
        "Neighbouring layers of a module stand together where a pair contests at least as much as it does on the whole. Order: the contested share of all that the two donors want (mean of both).",
        "組全体の平均以上に取り合う、同じモジュールの隣り合う層をまとめています。順序: 2 つのドナーが欲しがる重要度全体のうち、そこで取り合う割合(両者の平均)。",
    ),
    "explore.more": ("Show all {n}", "{n} 件すべてを表示"),
    "explore.fewer": ("Show the first ones only", "上位だけを表示"),
    "explore.nothing": (
        "No two donors want the same positions.",
        "同じ位置を欲しがるドナーの組はありません。",
    ),
    "explore.column.overlap": ("Overlap minus chance", "重なりと偶然の差"),
    "explore.column.cosine": ("Cosine", "コサイン"),
    "explore.column.conflict": ("Sign conflicts", "符号の対立"),
    "explore.column.contested": ("Contested saliency", "取り合う重要度"),
    "explore.column.given_up": ("Given up", "手放す分"),
    "save.column.donor": ("Donor", "ドナー"),
    "save.column.against": ("Against", "相手"),
    "save.column.place": ("Place", "場所"),
    "save.column.finding": ("Finding", "結果"),
    "save.column.contested": ("Contested", "取り合い"),
}
