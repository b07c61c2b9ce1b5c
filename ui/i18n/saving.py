"""Sentences around saved pictures and tables: key -> (English, Japanese)."""

TEXTS: dict[str, tuple[str, str]] = {
    "save.label": ("Save", "保存"),
    "save.column.role": ("Role", "役割"),
    "save.column.model": ("Model", "モデル"),
    "save.column.fits": ("Fits", "適合"),
    "save.column.reason": ("Reason", "理由"),
    "save.column.layer": ("Layer", "層"),
    "save.column.module": ("Module", "モジュール"),
    "save.column.tensor": ("Tensor", "テンソル"),
    "save.column.from": ("From", "以上"),
    "save.column.to": ("To", "未満"),
    "save.column.positions": ("Positions", "位置の数"),
    "save.column.skill": ("Skill", "スキル"),
    "save.column.turn": ("Turn", "ターン"),
    "save.column.score": ("Score", "得点"),
    "save.column.low": ("95 % interval, low", "95 % 信頼区間の下端"),
    "save.column.high": ("95 % interval, high", "95 % 信頼区間の上端"),
    "save.column.base": ("Base", "ベース"),
}
