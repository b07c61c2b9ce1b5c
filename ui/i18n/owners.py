"""Sentences of "who owns what": key -> (English, Japanese)."""
# ruff: noqa: E501 (a sentence a line)

TEXTS: dict[str, tuple[str, str]] = {
    "owners.what": (
        "The owner map says for every weight which donor's turn claimed it. What no donor claimed stays the base's.",
        "所有者の地図は、どのドナーのターンがどの重みを得たかを表します。どのドナーも得なかった重みはベースのままです。",
    ),
    "owners.view": ("Broken down by", "分け方"),
    "owners.view.layer": ("Layer", "層"),
    "owners.view.module": ("Module type", "モジュールの種類"),
    "owners.view.head": ("Attention head", "アテンションヘッド"),
    "owners.view.donor": ("Donor", "ドナー"),
    "owners.view.turn": ("Turn", "ターン"),
    "owners.empty": (
        "Nothing is merged yet. Take the first turn on the Merge screen; then this shows who owns what.",
        "まだ何もマージされていません。「マージ」画面で最初のターンを実行すると、持ち主がここに表示されます。",
    ),
    "owners.counting": (
        "Counting the owners of all weights …",
        "すべての重みの持ち主を数えています…",
    ),
    "owners.facts": (
        "After turn {turn} of {turns}: donors own {share} of the {n} weights that may change.",
        "ターン {turn}/{turns} の後: 変更できる {n} 個の重みのうち {share} をドナーが持っています。",
    ),
    "owners.looking": (
        "You are looking back: turn {now} is the last one done.",
        "過去のターンを表示しています。実行済みの最後のターンは {now} です。",
    ),
    "owners.bars.layer": ("Owners by layer", "層ごとの持ち主"),
    "owners.bars.module": ("Owners by module type", "モジュールの種類ごとの持ち主"),
    "owners.module": ("Module", "モジュール"),
    "owners.donor": ("Donor", "ドナー"),
    "owners.share": ("Share of weights", "重みの割合"),
    "owners.all": ("All donors", "すべてのドナー"),
    "owners.kind": ("Heads of", "ヘッドの対象"),
    "owners.kind.query": ("Queries", "クエリ"),
    "owners.kind.key": ("Keys", "キー"),
    "owners.kind.value": ("Values", "バリュー"),
    "owners.kind.output": ("Output", "出力"),
    "owners.grid.head": (
        "{donor}: share of each attention head, {kind}",
        "{donor}: 各アテンションヘッドでの割合({kind})",
    ),
    "owners.grid.donor": (
        "Share of each module type by donor",
        "モジュールの種類ごとに各ドナーが持つ割合",
    ),
    "owners.colour.head": (
        "Colour: share of the head's weights that {donor} owns",
        "色: そのヘッドの重みのうち {donor} が持つ割合",
    ),
    "owners.colour.all": (
        "Colour: share of the head's weights that donors own",
        "色: そのヘッドの重みのうちドナーが持つ割合",
    ),
    "owners.colour.donor": (
        "Colour: share of the module's weights that the donor owns",
        "色: そのモジュールの重みのうちドナーが持つ割合",
    ),
    "owners.hint.head": (
        "An attention head is one of the parallel parts of attention; it owns a band of rows (of the output: of columns). Click a cell, or use arrow keys and Enter, to look inside.",
        "アテンションヘッドは、アテンションの中で並列に働く部分で、行の帯(出力では列の帯)に対応します。セルをクリックするか、矢印キーと Enter で中身を開けます。",
    ),
    "owners.grouped": (
        "Grouped-query attention: {keys} key and value heads serve {queries} query heads.",
        "グループ化クエリアテンション: {keys} 個のキー・バリューヘッドを {queries} 個のクエリヘッドが共有します。",
    ),
    "owners.no_heads": (
        "This model has no attention heads that its config and its tensors agree on, so there is nothing to break down.",
        "このモデルには、設定とテンソルが一致するアテンションヘッドがないため、ヘッドごとには分けられません。",
    ),
    "owners.together": ("all modules", "全モジュール"),
    "owners.turns": (
        "Which turn claimed what: weights by module type",
        "どのターンが何を得たか: モジュールの種類ごとの重みの数",
    ),
    "owners.turns.turn": ("Turn", "ターン"),
    "owners.turns.round": ("Round", "周回"),
    "owners.turns.all": ("All", "合計"),
}
