"""Sentences of the report for a meeting: key -> (English, Japanese)."""
# ruff: noqa: E501 (a sentence a line)

TEXTS: dict[str, tuple[str, str]] = {
    "report.heading": ("Report for the meeting", "会議用の報告書"),
    "report.lead": (
        "One file with the question, the scores with their intervals, the risks and a recommendation. It opens without a network; its own button prints it or saves it as PDF.",
        "問い、信頼区間つきの得点、リスク、推奨を 1 つのファイルにまとめます。ネットワークなしで開け、ファイル内のボタンで印刷や PDF 保存ができます。",
    ),
    "report.language": ("Language of the report", "報告書の言語"),
    "report.save": ("Save the report", "報告書を保存"),
    "report.lacks": (
        "What the report will say is missing: {what}.",
        "報告書に「ない」と書かれるもの: {what}。",
    ),
    "report.lacks.merge": ("a merge", "マージ"),
    "report.lacks.full": (
        "scores of this turn on the held-back items",
        "このターンの、評価問題すべてでの得点",
    ),
    "report.lacks.scores": ("scores of this turn", "このターンの得点"),
    "report.lacks.interference": ("a comparison of the donors", "ドナーどうしの比較"),
    "report.lacks.export": ("an export of this turn", "このターンの書き出し"),
    "report.complete": (
        "The report will have every chapter.",
        "報告書のすべての章がそろっています。",
    ),
    # the file
    "report.title": ("Merging {donors} into one model", "{donors} を 1 つのモデルにマージした結果"),
    "report.subtitle": (
        "Run {run}, turn {turn} of {turns}. Saved on {saved}.",
        "実行 {run}、{turns} ターン中 {turn} ターン目。{saved} に保存。",
    ),
    "report.print": ("Print or save as PDF", "印刷 / PDF で保存"),
    "report.noscript": (
        "Charts need JavaScript; every figure also stands in a table.",
        "グラフの表示には JavaScript が必要です。数値はすべて表にもあります。",
    ),
    "report.answer": ("Short answer", "結論"),
    "report.answer.risks": ("Serious risks: {n}.", "重大なリスク: {n} 件。"),
    "report.contents": ("Contents", "目次"),
    "report.grave": ("serious", "重大"),
    "report.interval": ("({low} to {high})", "({low} ～ {high})"),
    "report.none": ("–", "–"),
    "report.foot": (
        "Made by OBIM Studio from the run's own figures; nothing in this file was typed by hand.",
        "OBIM Studio が実行記録の数値だけから作成しました。手で書いた数値はありません。",
    ),
    # chapters
    "report.chapter.question": ("The question", "問い"),
    "report.chapter.models": ("Models and licences", "モデルとライセンス"),
    "report.chapter.method": ("The method", "手法"),
    "report.chapter.measured": ("What was measured", "測ったもの"),
    "report.chapter.verdict": ("What came out", "結果"),
    "report.chapter.interference": ("Where donors interfered", "干渉した箇所"),
    "report.chapter.risks": ("Risks", "リスク"),
    "report.chapter.advice": ("Recommendation", "推奨"),
    "report.chapter.again": ("How to reproduce it", "再現方法"),
    "report.chapter.tables": ("Figures of the charts", "グラフの数値"),
    # question
    "report.question": (
        "Can {donors}, all fine-tuned from {base}, become one model that does what each of them does, without losing what the base can do?",
        "{base} を微調整した {donors} を、それぞれの能力を保ち、ベースの能力も失わずに、1 つのモデルにまとめられるでしょうか。",
    ),
    "report.question.one": (
        "Can {donors}, fine-tuned from {base}, be put into the base without losing what the base can do?",
        "{base} を微調整した {donors} を、ベースの能力を失わずにベースへ取り込めるでしょうか。",
    ),
    "report.question.skills": ("Looked at: {skills}.", "調べた能力: {skills}。"),
    # models
    "report.models.caption": (
        "The base and its donors (the fine-tuned models that are merged)",
        "ベースとドナー(マージする微調整モデル)",
    ),
    "report.models.role": ("Role", "役割"),
    "report.models.name": ("Model", "モデル"),
    "report.models.licence": ("Licence", "ライセンス"),
    "report.models.kind": ("Kind", "種類"),
    "report.models.parameters": ("Parameters", "パラメータ数"),
    "report.models.changed": ("Differs from the base", "ベースとの違い"),
    "report.models.not_stated": ("not stated", "記載なし"),
    "report.models.note": (
        "Licences are as each model's own card states them. Where none is stated, ask its maker before the merge is used.",
        "ライセンスは各モデル自身のカードの記載です。記載がないものは、使う前に作成者に確認してください。",
    ),
    "report.models.unchecked": (
        "The models have not been checked yet.",
        "モデルはまだ確認されていません。",
    ),
    # method
    "report.method.1": (
        "For each donor, the saliency of every changed weight is estimated: how much the error would rise if that change were taken away.",
        "各ドナーについて、変更された重みごとに重要度を見積もります。重要度とは、その変更を取り去ると誤差がどれだけ増えるかです。",
    ),
    "report.method.2": (
        "Then the donors take turns: in each turn a donor claims those weights that matter most to it among the ones still free.",
        "次にドナーが順番に、まだ空いている重みの中から自分にとって最も重要なものを取っていきます。",
    ),
    "report.method.3": (
        "So every weight has exactly one owner, a donor or the base, and changes of two donors are never mixed in one weight.",
        "こうしてどの重みも持ち主はドナーかベースのただ 1 つになり、1 つの重みの中で 2 つのドナーの変更が混ざることはありません。",
    ),
    "report.method.other": (
        "This run merges by another method: {method}.",
        "この実行は別の手法でマージしています: {method}。",
    ),
    "report.method.picture": (
        "Two donors, a piece of a weight matrix: saliency (darker: higher), the turns, and who owns each weight in the end.",
        "2 つのドナーと重み行列の一部: 重要度(濃いほど高い)、ターン、最後の持ち主。",
    ),
    "report.picture.saliency": ("Saliency", "重要度"),
    "report.picture.donor": ("Donor {n}", "ドナー {n}"),
    "report.picture.turns": ("Turns", "ターン"),
    "report.picture.owners": ("Owners", "持ち主"),
    "report.picture.base": ("base", "ベース"),
    "report.settings.caption": ("Settings of this run", "この実行の設定"),
    "report.settings.name": ("Setting", "設定"),
    "report.settings.value": ("Value", "値"),
    "report.settings.method": ("Method", "手法"),
    "report.settings.estimator": ("Saliency", "重要度の見積もり"),
    "report.settings.rounds": ("Rounds", "周回数"),
    "report.settings.order": ("Order of the donors", "ドナーの順番"),
    "report.settings.rotate": ("rotates from round to round", "周ごとに入れ替え"),
    "report.settings.fixed": ("always the same", "毎回同じ"),
    "report.settings.scope": ("Ranked within", "順位をつける範囲"),
    "report.scope.tensor": ("each tensor", "テンソルごと"),
    "report.scope.row": ("each row", "行ごと"),
    "report.scope.global": ("the whole model", "モデル全体"),
    "report.settings.dtype": ("Number format", "数値形式"),
    "report.settings.seed": ("Seed", "乱数シード"),
    "report.donors.caption": ("Settings and calibration of each donor", "各ドナーの設定と較正"),
    "report.donors.density": (
        "Density: share of the weights it may claim",
        "密度: 取れる重みの割合",
    ),
    "report.donors.scale": ("Scale", "倍率"),
    "report.donors.texts": ("Calibration texts", "較正テキスト"),
    "report.donors.tokens": ("Calibration tokens", "較正トークン"),
    "report.donors.source": ("Texts from", "テキストの出どころ"),
    "report.source.file": ("own file", "自分のファイル"),
    "report.source.bundled": ("the demo", "デモ"),
    "report.source.self": ("written by the donor", "ドナー自身が生成"),
    "report.source.none": ("none", "なし"),
    "report.donors.survival": ("Changes that survive the rounding", "丸めで残る変更"),
    # measured
    "report.measured.nothing": ("No scores yet.", "まだ得点はありません。"),
    "report.measured.full": (
        "All held-back items were asked: none of them was used for calibration or tuning.",
        "評価問題すべてで測りました。これらは較正にも調整にも使っていません。",
    ),
    "report.measured.quick": (
        "Only a few practice items were asked: a quick look, not the final measure.",
        "練習問題の一部だけで測りました。速報であり、最終的な測定ではありません。",
    ),
    "report.measured.how": (
        "Every model answers the same items, without sampling. An interval (in brackets) is where the true score lies with 95 % confidence; two models are compared item by item.",
        "すべてのモデルが同じ問題に、サンプリングなしで答えます。かっこ内は 95 % 信頼区間です。モデルどうしは問題ごとに対応させて比べます。",
    ),
    "report.measured.caption": ("Evaluation sets", "評価問題"),
    "report.measured.skill": ("Skill", "能力"),
    "report.measured.donor": ("Whose skill", "だれの能力か"),
    "report.measured.nobody": (
        "no donor's: held against the base",
        "ドナーのものではない(ベースと比べる)",
    ),
    "report.measured.judge": ("Scored by", "採点方法"),
    "report.measured.items": ("Items", "問題数"),
    "report.measured.kept_out": (
        "Not scored: {skills}.",
        "得点のない能力: {skills}。",
    ),
    # verdict
    "report.scores.caption": ("Scores with 95 % intervals", "得点と 95 % 信頼区間"),
    "report.scores.model": ("Model", "モデル"),
    "report.scores.mean": ("Mean", "平均"),
    "report.scores.chart": (
        "The scores as a picture: dots are scores, lines are 95 % intervals. The figures stand in the table above.",
        "得点の図。点は得点、線は 95 % 信頼区間です。数値は上の表にあります。",
    ),
    "report.pairs.caption": (
        "The merge against the base and against the best donor of each skill",
        "マージとベース、マージと能力ごとの最良ドナーの比較",
    ),
    "report.pairs.against": ("Compared with", "比較相手"),
    "report.pairs.diff": (
        "Difference (points, where a score is a share)",
        "差(割合の得点ではポイント)",
    ),
    "report.pairs.p": ("p", "p 値"),
    "report.pairs.items": ("Items", "問題数"),
    "report.pairs.verdict": (
        "Does it differ? (exact test)",
        "差があるか(正確検定)",
    ),
    "report.pairs.better": ("better", "良い"),
    "report.pairs.worse": ("worse", "悪い"),
    "report.pairs.unclear": (
        "can't tell",
        "判断できない",
    ),
    "report.pairs.kept": ("Share of the best donor's score", "最良ドナーの得点に対する割合"),
    "report.pairs.kept_mean": (
        "Mean retention: on average the merge keeps {kept} of what the best donor of each donor's skill scores. Skills of no donor don't count in it.",
        "平均維持率: 各ドナーの能力で、マージは最良ドナーの得点の平均 {kept} を保っています。ドナーのない能力は含みません。",
    ),
    "report.pairs.kept_lacks": (
        "Mean retention (share of the best donor's score, over the donors' skills): can't be computed ({why}).",
        "平均維持率(各ドナーの能力での、最良ドナーの得点に対する割合の平均): 計算できません({why})。",
    ),
    "report.curves.chart": (
        "Quick scores after each evaluated turn. The figures stand at the end of the report.",
        "評価したターンごとの速報の得点。数値は報告書の最後にあります。",
    ),
    "report.curves.caption": (
        "Quick scores after each evaluated turn",
        "評価したターンごとの速報の得点",
    ),
    "report.curves.turn": ("Turn", "ターン"),
    # reasons, a sentence a skill or a fact
    "report.reason.nothing_merged": ("Nothing is merged yet.", "まだ何もマージしていません。"),
    "report.reason.unscored": ("Turn {turn} has not been scored.", "ターン {turn} は未評価です。"),
    "report.reason.gate_green": (
        "Turn {turn} keeps all rules that were set.",
        "ターン {turn} は設定した条件をすべて守っています。",
    ),
    "report.reason.gate_amber": (
        "It is not certain that turn {turn} keeps the rules that were set.",
        "ターン {turn} が設定した条件を守っているかは確実ではありません。",
    ),
    "report.reason.gate_red": (
        "Turn {turn} breaks a rule that was set.",
        "ターン {turn} は設定した条件に反しています。",
    ),
    "report.reason.differs": (
        "The exported folder reads back differently from what was merged.",
        "書き出したフォルダーを読み戻すと、マージしたものと異なります。",
    ),
    "report.reason.unfinished": (
        "The merge stands at turn {turn} of {turns}; the turns that are left would change it.",
        "マージは {turns} ターン中 {turn} ターン目で、残りのターンで変わります。",
    ),
    "report.reason.average": (
        "Worse than a plain {against} of the donors: mean {score} against {other} (difference {low} to {high}).",
        "単純な「{against}」より悪い: 平均 {score} に対して {other}(差 {low} ～ {high})。",
    ),
    "report.reason.quick": ("Scores are of practice items only.", "得点は練習問題だけのものです。"),
    "report.reason.unmeasured": (
        "{skill}: the merge and the base were not scored on the same items.",
        "{skill}: マージとベースを同じ問題で測っていません。",
    ),
    "report.reason.lost": (
        "{skill}: lost, worse than the base. {score} against {other}, a difference of {diff} ({low} to {high}; {n} items).",
        "{skill}: 悪化(ベースより悪い)。{score}(ベースは {other})、差 {diff}({low} ～ {high}、{n} 問)。",
    ),
    "report.reason.gained": (
        "{skill}: gained, better than the base. {score} against {other}, a difference of {diff} ({low} to {high}; {n} items).",
        "{skill}: 向上(ベースより良い)。{score}(ベースは {other})、差 {diff}({low} ～ {high}、{n} 問)。",
    ),
    "report.reason.gained_weaker": (
        "{skill}: gained, better than the base. {score} against {other}, a difference of {diff} ({low} to {high}; {n} items). But worse than {against} alone, which scores {donor_other} (difference {donor_diff}, {donor_low} to {donor_high}).",
        "{skill}: 向上(ベースより良い)。{score}(ベースは {other})、差 {diff}({low} ～ {high}、{n} 問)。ただし {against} 単独の {donor_other} より低い(差 {donor_diff}、{donor_low} ～ {donor_high})。",
    ),
    "report.reason.held": (
        "{skill}: held, no fall of more than five points. {score} against {other} of the base, a difference of {diff} ({low} to {high}; {n} items). Whether it differs at all these items can't tell (p {p}).",
        "{skill}: 維持(5 ポイントを超える低下はない)。{score}(ベースは {other})、差 {diff}({low} ～ {high}、{n} 問)。そもそも差があるかどうかは、この問題数では判断できません(p 値 {p})。",
    ),
    "report.reason.held_weaker": (
        "{skill}: held, no fall of more than five points. {score} against {other} of the base, a difference of {diff} ({low} to {high}; {n} items; p {p}). But worse than {against} alone, which scores {donor_other} (difference {donor_diff}, {donor_low} to {donor_high}).",
        "{skill}: 維持(5 ポイントを超える低下はない)。{score}(ベースは {other})、差 {diff}({low} ～ {high}、{n} 問、p 値 {p})。ただし {against} 単独の {donor_other} より低い(差 {donor_diff}、{donor_low} ～ {donor_high})。",
    ),
    "report.reason.unclear": (
        "{skill}: can't tell from the base. {score} against {other}, a difference of {diff} ({low} to {high}; {n} items).",
        "{skill}: ベースとの差は判断できません。{score}(ベースは {other})、差 {diff}({low} ～ {high}、{n} 問)。",
    ),
    "report.reason.unclear_needed": (
        "{skill}: can't tell from the base. {score} against {other}, a difference of {diff} ({low} to {high}; {n} items; about {needed} would tell).",
        "{skill}: ベースとの差は判断できません。{score}(ベースは {other})、差 {diff}({low} ～ {high}、{n} 問。約 {needed} 問で判断できます)。",
    ),
    "report.reason.unclear_zero": (
        "{skill}: can't tell whether it gained. {score}; the base has none right, so it has nothing to lose here. Difference {diff} ({low} to {high}; {n} items; p {p}).",
        "{skill}: 向上したかどうか判断できません。{score}。ベースの正解は 0 なので、ここで失うものはありません。差 {diff}({low} ～ {high}、{n} 問、p 値 {p})。",
    ),
    "report.reason.unclear_zero_needed": (
        "{skill}: can't tell whether it gained. {score}; the base has none right, so it has nothing to lose here. Difference {diff} ({low} to {high}; {n} items; p {p}; about {needed} items would tell).",
        "{skill}: 向上したかどうか判断できません。{score}。ベースの正解は 0 なので、ここで失うものはありません。差 {diff}({low} ～ {high}、{n} 問、p 値 {p}。約 {needed} 問で判断できます)。",
    ),
    "report.verdict.questions": (
        "Two questions are asked of a skill. Does it differ from the base? A paired test on the same items (exact where answers are right or wrong) says better, worse, or can't tell. Where it belongs to no donor, also: has it fallen by more than five points? It is held where the interval of the difference rules that out.",
        "1 つの能力について 2 つの問いがあります。ベースと差があるか: 同じ問題での対応のある検定(正誤なら正確検定)が「良い」「悪い」「判断できない」を決めます。ドナーのない能力では、さらに 5 ポイントを超えて低下したか: 差の信頼区間からそれがないと言えれば「維持」です。",
    ),
    "report.pairs.exact": (
        "Where the interval leaves out 0 and the verdict is still “can't tell”: the interval is approximate, the test is exact, and the test decides.",
        "信頼区間が 0 を含まないのに「判断できない」とある場合: 区間は近似、検定は正確なので、検定に従います。",
    ),
    # rules
    "report.chapter.gates": ("Rules that were set", "設定した条件"),
    "report.gates.rule": ("Rule", "条件"),
    "report.gates.merge": ("The merge", "マージ"),
    "report.gates.against": ("Held against", "比べる相手"),
    "report.gates.measured": ("Difference, points", "差(ポイント)"),
    "report.gates.limit": ("At least", "下限"),
    "report.gates.light": ("Colour", "色"),
    "report.gates.scored": ("{skill} {score}", "{skill} {score}"),
    "report.gates.items": ("({n} practice items)", "(練習問題 {n} 問)"),
    "report.gates.part": ("{limit} % of {against}: {floor}", "{against} の {limit} %: {floor}"),
    "report.gates.unjudged": (
        "These rules are set, but turn {turn} has not been judged by them:",
        "次の条件が設定されていますが、ターン {turn} はまだ判定されていません。",
    ),
    "report.gates.changed": (
        "The rules have been changed since turn {turn} was judged. Now set, not judged:",
        "ターン {turn} の判定の後に条件が変わりました。今の設定(未判定):",
    ),
    # interference
    "report.interference.contested": (
        "{contested} of {positions} weights ({share}) are contested: two or more donors want them most.",
        "{positions} 個の重みのうち {contested} 個({share})は競合しています。2 つ以上のドナーが特に欲しがる重みです。",
    ),
    "report.interference.not_prepared": (
        "How many weights are contested is known once a turn is merged.",
        "競合する重みの数は、ターンをマージするとわかります。",
    ),
    "report.interference.not_compared": (
        "Donors were not compared tensor by tensor in this run (Interference screen), so it is not said where they contest most.",
        "この実行ではドナーどうしをテンソルごとに比べていません(「干渉」画面)。どこで最も競合するかは示せません。",
    ),
    "report.interference.partly_compared": (
        "Not all tensors were compared; the figures are of those that were.",
        "比較は途中までです。数値は比べたテンソルだけのものです。",
    ),
    "report.interference.places": (
        "Where two donors contest most of what they want, in the order of the Interference screen:",
        "2 つのドナーが欲しがるものを最も取り合う箇所(「干渉」画面と同じ順):",
    ),
    "report.interference.place.layers": (
        "{first} and {second}, {module}, layers {low} to {high}:",
        "{first} と {second}、{module}、層 {low} ～ {high}:",
    ),
    "report.interference.place.layer": (
        "{first} and {second}, {module}, layer {low}:",
        "{first} と {second}、{module}、層 {low}:",
    ),
    "report.interference.place.outside": (
        "{first} and {second}, {module}:",
        "{first} と {second}、{module}:",
    ),
    "report.interference.contests": (
        "Contested share of the saliency wanted here: {first} {one}, {second} {other}.",
        "ここで欲しがる重要度のうち取り合う割合: {first} {one}、{second} {other}。",
    ),
    "report.interference.pairs": (
        "Pairs of donors over the whole model",
        "モデル全体でのドナーの組",
    ),
    "report.interference.pairs_chart": (
        "Colour: how much more (orange) or less (blue) two donors want the same weights than they would by chance, in points. The figures stand in the table below.",
        "色: 2 つのドナーが同じ重みを欲しがる割合と偶然との差(ポイント)。橙は偶然より多く、青は少ない。数値は下の表にあります。",
    ),
    "report.interference.pair": ("Donors", "ドナー"),
    "report.interference.pair_of": ("{first} and {second}", "{first} と {second}"),
    "report.interference.overlap": ("Both want", "両者が欲しがる"),
    "report.interference.beyond": ("Against chance, points", "偶然との差(ポイント)"),
    "report.interference.chance": ("By chance", "偶然なら"),
    "report.interference.conflict": ("Of that in opposite directions", "そのうち逆方向"),
    "report.interference.owners": ("Who owns the weights", "重みの持ち主"),
    "report.interference.owner": ("Owner", "持ち主"),
    "report.interference.positions": ("Weights", "重みの数"),
    "report.interference.share": ("Share", "割合"),
    "report.interference.layer": ("Layer", "層"),
    "report.interference.chart": (
        "Who owns each layer's weights. The figures stand at the end of the report.",
        "各層の重みの持ち主。数値は報告書の最後にあります。",
    ),
    "report.interference.layers": ("Who owns each layer's weights", "各層の重みの持ち主"),
    "report.interference.nothing": (
        "Nothing is merged yet, so all weights are the base's.",
        "まだ何もマージしていないので、重みはすべてベースのものです。",
    ),
    # risks
    "report.risk.fell": (
        "{skill} fell: {score} against {other} of the base (difference {diff}, {low} to {high}; {n} items).",
        "{skill} が低下: {score}(ベースは {other}、差 {diff}、{low} ～ {high}、{n} 問)。",
    ),
    "report.risk.below_donor": (
        "{skill} is worse than with {against} alone: {score} against {other} (difference {diff}, {low} to {high}; {n} items).",
        "{skill} は {against} 単独より低い: {score} に対して {other}(差 {diff}、{low} ～ {high}、{n} 問)。",
    ),
    "report.risk.gate_amber": (
        "It is not certain that turn {turn} keeps the rules that were set.",
        "ターン {turn} が設定した条件を守っているかは確実ではありません。",
    ),
    "report.risk.gate_red": (
        "Turn {turn} breaks a rule that was set.",
        "ターン {turn} は設定した条件に反しています。",
    ),
    "report.risk.not_scored": (
        "The last turns were not scored.",
        "最後のほうのターンは評価していません。",
    ),
    "report.risk.quick": (
        "Small sample: practice items only. The held-back items have not been asked.",
        "標本が小さい: 練習問題だけで、評価問題は使っていません。",
    ),
    "report.risk.unmeasured": (
        "{skill}: no comparison with the base on the same items.",
        "{skill}: ベースと同じ問題での比較がありません。",
    ),
    "report.risk.unclear": (
        "{skill}: that it is worse than {against} isn't ruled out (difference {diff}, {low} to {high}; {n} items).",
        "{skill}: {against} より悪くなった可能性が残ります(差 {diff}、{low} ～ {high}、{n} 問)。",
    ),
    "report.risk.unclear_needed": (
        "{skill}: that it is worse than {against} isn't ruled out (difference {diff}, {low} to {high}; {n} items; about {needed} would tell, if the scores stay).",
        "{skill}: {against} より悪くなった可能性が残ります(差 {diff}、{low} ～ {high}、{n} 問。得点が同じなら約 {needed} 問で判断できます)。",
    ),
    "report.risk.tests": (
        "{tests} comparisons were made; of comparisons without any real difference about one in twenty comes out as better or worse by chance.",
        "{tests} 件の比較をしました。実際には差がない比較でも、約 20 件に 1 件は偶然に「良い」「悪い」と出ます。",
    ),
    "report.risk.average": (
        "Not shown to be better than a plain {against} of the donors: mean {score} against {other} (difference {low} to {high}).",
        "単純な「{against}」より良いとは示されていません: 平均 {score} に対して {other}(差 {low} ～ {high})。",
    ),
    "report.risk.missing": (
        "{donor}: {missing} tensors have no statistics; their weights are ranked by size alone.",
        "{donor}: 統計のないテンソルが {missing} 個あり、その重みは大きさだけで順位をつけています。",
    ),
    "report.risk.self_texts": (
        "{donor}: calibrated on texts that it wrote itself, which may not be like its real work.",
        "{donor}: 自身が生成したテキストで較正しました。実際の用途とは違うかもしれません。",
    ),
    "report.risk.no_texts": (
        "{donor}: no calibration texts, so saliency does not look at data.",
        "{donor}: 較正テキストがなく、重要度はデータを見ていません。",
    ),
    "report.risk.cast": (
        "{donor}: {survival} of its changes survive the rounding to {dtype}; the rest is lost before anybody claims it.",
        "{donor}: {dtype} への丸めで残る変更は {survival} です。残りは、だれかが取る前に失われます。",
    ),
    "report.risk.short": (
        "Weights ran out: {short} claims found no free weight, so donors own less than their density allows.",
        "重みが足りず、{short} 個分は空きがありませんでした。ドナーの持ち分は密度より少なくなっています。",
    ),
    "report.risk.dequantised": (
        "The demo's base is a 4-bit copy turned back to 16 bit, not the published weights.",
        "デモのベースは 4 ビット版を 16 ビットに戻したもので、公開されている重みとは異なります。",
    ),
    "report.risk.unfinished": (
        "The merge stands at turn {turn} of {turns}.",
        "マージは {turns} ターン中 {turn} ターン目です。",
    ),
    "report.risk.not_exported": (
        "This turn has not been exported, so no file was read back and compared with what was measured.",
        "このターンは書き出していないため、ファイルを読み戻して測ったものと比べていません。",
    ),
    "report.risk.differs": (
        "The exported folder {name} reads back differently from what was merged.",
        "書き出したフォルダー {name} を読み戻すと、マージしたものと異なります。",
    ),
    "report.risk.other_dtype": (
        "Exported in {dtype}, measured in {measured}.",
        "書き出しは {dtype}、測定は {measured} です。",
    ),
    "report.risk.diagonal": (
        "Saliency takes every weight on its own: that two changes may only work together is not seen.",
        "重要度は重みを 1 つずつ独立に扱います。2 つの変更が組になって初めて働くことは考慮されません。",
    ),
    "report.risk.generated": (
        "The demo's items are made by a program in a few forms; real texts vary more.",
        "デモの問題はプログラムがいくつかの型から作ったものです。実際の文章はもっと多様です。",
    ),
    "report.risk.only_these": (
        "Only the sets above were scored. Whatever else the models can do, safety included, was not measured.",
        "測ったのは上の問題だけです。安全性を含め、それ以外の能力は測っていません。",
    ),
    # advice
    "report.decision.use": ("Use it.", "使えます。"),
    "report.decision.partly": (
        "Use it for these only: {skills}.",
        "次の能力に限って使えます: {skills}。",
    ),
    "report.decision.measure": (
        "Don't use it yet: measure more.",
        "まだ使わないでください。さらに測定が必要です。",
    ),
    "report.decision.dont": ("Don't use it.", "使わないでください。"),
    "report.rules": (
        "The recommendation follows from fixed rules; the first that holds decides. Here it was rule {rule}.",
        "推奨は決まった規則に従います。上から順に、最初に当てはまる規則で決まります。今回は規則 {rule} でした。",
    ),
    "report.rule.1": (
        "Nothing is merged, or this turn has no scores beside the base's: measure first.",
        "何もマージしていない、またはこのターンにベースと比べられる得点がない: まず測る。",
    ),
    "report.rule.2": (
        "A rule that was set is broken, or an export reads back differently: don't use it.",
        "設定した条件に反している、または書き出しの読み戻しが異なる: 使わない。",
    ),
    "report.rule.3": (
        "Scores are of practice items only: measure on the held-back items first.",
        "得点が練習問題だけ: まず評価問題で測る。",
    ),
    "report.rule.4": (
        "A skill is significantly worse than with the base: don't use it if no skill gained. If one did: measure more where a rule is in doubt; else use it only for the skills that gained or held.",
        "ベースより有意に悪い能力がある: 向上した能力がなければ使わない。あれば、条件に疑いがあるときはさらに測り、疑いがないときは向上・維持した能力に限って使う。",
    ),
    "report.rule.5": (
        "Every skill gained, or held where no donor is to bring it; no rule is in doubt, no turn is left, and the merge isn't significantly worse than a plain average of the donors: use it.",
        "すべての能力が向上(ドナーのない能力は維持)し、条件に疑いがなく、残りのターンもなく、ドナーの単純な平均より有意に悪くない: 使う。",
    ),
    "report.rule.6": (
        "Otherwise: use it only for the skills that gained or held, if any gained; measure the rest with more items.",
        "それ以外: 向上した能力があれば、向上・維持した能力に限って使い、残りはもっと多くの問題で測る。",
    ),
    "report.rule.weaker": (
        "In the rules from the fourth on, a skill that is significantly worse than with the best donor alone counts as neither gained nor held.",
        "4 つ目以降の規則では、最良のドナー単独より有意に悪い能力は、向上にも維持にも数えません。",
    ),
    "report.reasons": ("Why:", "理由:"),
    "report.reasons.skills": (
        "Skill by skill: see “What came out”.",
        "能力ごとの理由は「結果」の章にあります。",
    ),
    "report.terms": (
        "Gained, lost: better, worse than the base by the exact test. Held: of no donor, the base has something right, no difference is shown, and the interval rules out a fall of more than five points.",
        "向上・悪化: 正確検定でベースより良い・悪い。維持: ドナーのない能力で、ベースに正解があり、差は示されず、信頼区間から 5 ポイントを超える低下がないと言えるもの。",
    ),
    # reproduce
    "report.again.text": (
        "The recipe below holds everything that decides the merge's bits. Saved as recipe.yaml, these commands make the same weights again and score them.",
        "下のレシピが、マージ結果をビット単位で決めるすべてです。recipe.yaml として保存し、次のコマンドで同じ重みを作り直して評価できます。",
    ),
    "report.again.models": (
        "Names like demo: work wherever OBIM Studio does; folders have to be changed to where yours lie.",
        "demo: で始まる名前は OBIM Studio があればどこでも使えます。フォルダーは手元の場所に書き換えてください。",
    ),
    "report.again.own_sets": (
        "Your own evaluation sets are known by their names where they were saved; elsewhere they have to be saved again from the same table. A task's file is given with its folder.",
        "自分の問題集は、保存した環境では名前で使えます。他の環境では、同じ表からもう一度保存してください。タスクのファイルは、フォルダーを付けて指定します。",
    ),
    "report.again.recipe": ("Recipe", "レシピ"),
    "report.again.commands": ("Commands", "コマンド"),
    "report.again.unfinished": (
        "The recipe merges all {turns} turns; this report is about turn {turn}.",
        "レシピは全 {turns} ターンをマージします。この報告書はターン {turn} についてのものです。",
    ),
    "report.again.hash": (
        "Content hash of the export {name} (names, number formats, shapes, values):",
        "書き出し {name} の内容のハッシュ(名前・数値形式・形・値):",
    ),
    "report.again.same": (
        "It was read back and equals what was measured, bit for bit.",
        "読み戻して、測ったものとビット単位で一致することを確認しました。",
    ),
    "report.again.same_merged": (
        "It was read back and equals what was merged, bit for bit; the merge had not been scored before it was exported.",
        "読み戻して、マージしたものとビット単位で一致することを確認しました。書き出す前には評価していません。",
    ),
    "report.again.same_rounded": (
        "It was read back and equals what was merged, rounded to {dtype}, bit for bit. The rounded values themselves were not scored.",
        "読み戻して、マージしたものを {dtype} に丸めたものとビット単位で一致することを確認しました。丸めた値そのものは評価していません。",
    ),
    "report.again.paper": (
        "Method: Wang et al., Optimal Brain Iterative Merging, arXiv 2502.12217.",
        "手法: Wang ほか、Optimal Brain Iterative Merging、arXiv 2502.12217。",
    ),
}
