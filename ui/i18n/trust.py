"""Sentences of "Can these numbers be trusted?" on the Saliency screen: key -> (English, Japanese)."""
# ruff: noqa: E501 (a sentence a line)

TEXTS: dict[str, tuple[str, str]] = {
    # job bar
    "job.trust": ("Estimate against truth", "推定と実測の比較"),
    "job.converge": ("How many texts are enough", "必要なテキスト数"),
    "phase.take_out": ("taking weights out and measuring", "重みを外して測定中"),
    "phase.compare_sets": ("comparing which weights come first", "上位の重みを比較中"),
    # cost of an estimator
    "saliency.takes": ("{label}, about {time}", "{label}、約 {time}"),
    "saliency.measured_label": ("{label}, measured", "{label}、測定済み"),
    "saliency.takes_all": (
        "Times are for measuring all donors on this machine.",
        "時間は、この機器で全ドナーを測る場合の目安です。",
    ),
    "saliency.took": ("Measuring took {time}.", "測定にかかった時間: {time}"),
    "saliency.tokens_tried": (
        "At most {tokens} tokens of text a donor will be read.",
        "ドナーごとに読むテキストは最大 {tokens} トークンです。",
    ),
    # fold
    "trust.fold": ("Can these numbers be trusted?", "この数値は信頼できるか"),
    "trust.lead": (
        "Saliency is an estimate. Here it is held against the truth: weights are taken out of the donor, and the rise of its loss is measured. (Loss: how surprised the donor is by the right answer, in nats a token; lower is better.)",
        "重要度は推定値です。ここでは実測と比べます。ドナーから重みを外し、損失の増え方を測ります。(損失: 正しい答えに対するドナーの意外さ。単位は 1 トークン当たりの nat で、小さいほど良い。)",
    ),
    "trust.donor": ("Donor to check", "調べるドナー"),
    "trust.estimators": ("Estimates to check", "調べる推定方法"),
    "trust.layers": ("Layers", "層"),
    "trust.layers.some": ("First, middle and last", "最初・中間・最後"),
    "trust.layers.all": ("All {n}", "全 {n} 層"),
    "trust.tokens": ("Text read for each measurement", "1 回の測定で読むテキスト"),
    "trust.tokens.n": ("{n} tokens", "{n} トークン"),
    "trust.tokens.all": ("all", "すべて"),
    "trust.takes": ("Takes about {time} on this machine.", "この機器では約 {time}かかります。"),
    "trust.takes_unknown": (
        "How long it takes is not known yet.",
        "かかる時間はまだ分かりません。",
    ),
    "trust.bands": (
        "In each layer the changed weights are sorted by the estimate and cut into {bands} bands of like size. Each band is taken out by itself, then all at once.",
        "各層で、変化した重みを推定値の順に並べて、同じ大きさの {bands} 個の帯に分けます。帯を 1 つずつ外し、最後に全部を外します。",
    ),
    "trust.run": ("Take out and measure", "外して測定"),
    "trust.no_texts": (
        "{donor} has no texts, so its loss can't be measured. Choose texts above, and press Compute.",
        "{donor} にはテキストがないため、損失を測れません。上でテキストを選び、計算してください。",
    ),
    "trust.stale": (
        "Texts have changed since; press Compute first.",
        "テキストが変更されています。先に計算してください。",
    ),
    "trust.pick": ("Choose at least one estimate.", "推定方法を 1 つ以上選んでください。"),
    "trust.empty": (
        "Nothing has been taken out yet: choose estimates and press Take out and measure.",
        "まだ何も外していません。推定方法を選び、「外して測定」を押してください。",
    ),
    "trust.computing": ("Taking weights out ...", "重みを外しています…"),
    # what was found
    "trust.right": (
        "{estimator}: the estimate ranks groups of weights as the truth does in {n} of 10 comparisons (95 % interval {low} to {high}, from {bands} bands).",
        "{estimator}: 重みの組どうしの比較 10 回のうち {n} 回で、推定の順位が実測の順位と一致します(95 % 信頼区間 {low}〜{high}、帯 {bands} 個)。",
    ),
    "trust.untold": (
        "{estimator}: the bands can't be ranked, because the estimate or the loss is the same in all of them.",
        "{estimator}: どの帯でも推定値または損失が同じなので、順位を付けられません。",
    ),
    "trust.coin": (
        "5 of 10 would be a lottery. Only bands of the same layer are compared.",
        "10 回中 5 回ならくじ引きと同じです。比べるのは同じ層の帯どうしだけです。",
    ),
    "trust.on": (
        "Measured on {texts} texts of {donor} ({tokens} tokens, {counted} of them in answers, which alone count). Its own loss there: {loss} nats a token. It took {time}.",
        "{donor} の {texts} 個のテキストで測定({tokens} トークン。損失に数えるのは答えの {counted} トークンだけ)。元の損失: 1 トークン当たり {loss} nat。所要時間: {time}",
    ),
    "trust.small_loss": (
        "This donor makes hardly an error on these texts. K-FAC and Fisher are made of its errors, so here they see little.",
        "このドナーは、これらのテキストではほとんど誤りません。K-FAC と Fisher は誤りから作られるため、ここではほとんど何も見えません。",
    ),
    "trust.unchanged": (
        "Layers that {donor} doesn't change: {layers}.",
        "{donor} が変えていない層: {layers}",
    ),
    "trust.left_out": (
        "Tensors without statistics, which were left out: {n}.",
        "統計がなく、対象外としたテンソル: {n}",
    ),
    "trust.table": ("How well estimates rank what counts", "推定の順位がどれだけ当たるか"),
    "trust.corner": ("Estimate", "推定方法"),
    "trust.column.right": ("Right of 10", "10 回中の一致"),
    "trust.column.right_note": ("95 % interval", "95 % 信頼区間"),
    "trust.column.layer": ("Layer {n}", "層 {n}"),
    "trust.column.rho": ("Spearman", "スピアマン"),
    "trust.cell.bands": ("{n} bands", "帯 {n} 個"),
    "trust.foot": (
        "Spearman: rank correlation of estimate and measured loss over the bands of a layer; 1: the same order, 0: none, −1: reversed.",
        "スピアマン: 層の帯についての、推定値と実測の損失の順位相関。1: 同じ順、0: 無関係、−1: 逆順。",
    ),
    "trust.not_measured": ("not measured", "未測定"),
    "trust.shown": ("Shown below", "下に表示"),
    # scatter
    "trust.scatter": ("Estimate against truth: {estimator}", "推定と実測: {estimator}"),
    "trust.predicted": ("Estimated (sum of the band)", "推定値(帯の合計)"),
    "trust.measured": ("Measured rise of the loss", "実測した損失の増加"),
    "trust.fell": ("below the line: the loss fell", "線より下: 損失が減った"),
    "trust.equal": ("estimate = measured", "推定 = 実測"),
    "trust.axes": (
        "Both axes are logarithmic away from zero.",
        "両軸とも、0 の近く以外は対数目盛です。",
    ),
    "trust.point": (
        "{layer}, band {band} of {bands}: {n} weights",
        "{layer}、帯 {band}/{bands}: 重み {n} 個",
    ),
    "trust.early": ("Early layers", "前の方の層"),
    "trust.middle": ("Middle layers", "中間の層"),
    "trust.late": ("Late layers", "後の方の層"),
    "trust.head.layer": ("Layer", "層"),
    "trust.head.band": ("Band", "帯"),
    "trust.head.weights": ("Weights", "重みの数"),
    "trust.head.predicted": ("Estimated", "推定値"),
    "trust.head.measured": ("Measured", "実測"),
    # cross term
    "trust.cross": ("Do weights act independently?", "重みは独立に働くか"),
    "trust.cross_lead": (
        "An estimate adds up single weights, as if they acted independently. If they did, all bands together would cost as much as one after the other.",
        "推定は、重みが独立に働くとみなして、1 つずつの値を足し合わせます。本当に独立なら、全部を一度に外したときの損失は、帯を 1 つずつ外したときの合計と同じになります。",
    ),
    "trust.cross_ratio": (
        "Layer {layer}: one after the other the bands cost {sum} nats a token, all at once {whole}: {ratio} times as much.",
        "層 {layer}: 帯を 1 つずつ外すと合計 {sum} nat、一度に外すと {whole} nat で、{ratio} 倍です。",
    ),
    "trust.cross_plain": (
        "Layer {layer}: one after the other the bands cost {sum} nats a token, all at once {whole}.",
        "層 {layer}: 帯を 1 つずつ外すと合計 {sum} nat、一度に外すと {whole} nat です。",
    ),
    "trust.cross_some": (
        "Shown are the {n} layers where both differ most.",
        "差の大きい {n} 層を示します。",
    ),
    "trust.bar.predicted": ("Estimated sum", "推定値の合計"),
    "trust.bar.sum": ("Bands one by one, added up", "帯を 1 つずつ外した合計"),
    "trust.bar.whole": ("All at once", "一度に外した場合"),
    "trust.other_unit": (
        "This estimate isn't in the unit of the loss, so its sum is not drawn.",
        "この推定値は損失と単位が違うため、合計は描きません。",
    ),
    # how many texts
    "size.heading": ("How many texts are enough?", "テキストはいくつあれば十分か"),
    "size.lead": (
        "Texts are read a few more at a time, until the weights that come first (the density of the donor) hardly depend on which texts were read.",
        "テキストを少しずつ増やして読み、上位の重み(ドナーの密度の分)が、どのテキストを読んだかにほとんど左右されなくなったら止めます。",
    ),
    "size.estimator": ("Estimate", "推定方法"),
    "size.share": ("Share that may change, in %", "変わってもよい割合 (%)"),
    "size.takes": (
        "Takes at most about {time} on this machine.",
        "この機器では最長で約 {time}かかります。",
    ),
    "size.run": ("Add texts until it is enough", "十分になるまでテキストを追加"),
    "size.empty": (
        "The curve starts with the first {n} texts.",
        "最初の {n} 個のテキストから曲線が始まります。",
    ),
    "size.curve": (
        "Change of the first weights with other texts: {donor}",
        "別のテキストでの上位の重みの変化: {donor}",
    ),
    "size.texts": ("Texts", "テキスト数"),
    "size.change": ("Share that changes", "変わる割合"),
    "size.dashed": ("dashed: the share that may change", "破線: 変わってもよい割合"),
    "size.enough": (
        "{n} texts are enough: with {n} others, {change} of the top {density} of weights would be different ones.",
        "{n} 個で十分です。別の {n} 個のテキストでも、上位 {density} の重みのうち入れ替わるのは {change} です。",
    ),
    "size.more": (
        "More texts are needed than the {there} there are: with {n} others, {change} of the top {density} of weights would be different ones.",
        "今ある {there} 個では足りません。別の {n} 個のテキストだと、上位 {density} の重みのうち {change} が入れ替わります。",
    ),
    "size.not_yet": (
        "Not enough yet after {n} of {there} texts: with {n} others, {change} of the top {density} of weights would be different ones.",
        "{there} 個中 {n} 個では、まだ足りません。別の {n} 個のテキストだと、上位 {density} の重みのうち {change} が入れ替わります。",
    ),
    "size.whole": (
        "With a density of 100 % all weights are in the set, whatever the texts.",
        "密度が 100 % なので、テキストに関係なくすべての重みが含まれます。",
    ),
    "size.how": (
        "Each point compares two draws of so many texts from those read by then (bootstrap), 20 times; lines: 5th to 95th percentile. A text longer than 512 tokens counts once for each 512. Of large tensors a sample of rows is compared. Reading took {time}.",
        "各点は、それまでに読んだテキストから同じ数を 2 回ずつ引いて比べたもの(ブートストラップ、20 回)。線は 5〜95 パーセンタイル。512 トークンを超えるテキストは 512 トークンごとに 1 個と数えます。大きなテンソルは一部の行で比べます。読むのにかかった時間: {time}",
    ),
    "size.use": ("Use {n} texts", "{n} 個のテキストを使う"),
    "size.use_note": (
        "The limit holds for every donor: at most {tokens} tokens each. Press Compute afterwards.",
        "上限は全ドナー共通です(各 {tokens} トークン)。その後で計算してください。",
    ),
    "error.no_size": (
        "It is not known yet how many texts are enough; measure that first.",
        "必要なテキスト数はまだ分かりません。先に測ってください。",
    ),
}
