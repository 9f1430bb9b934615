"""Which fields of study serve which industry: our own reading of GB/T 4754-2017 beside the catalogue of majors.

Only a proposal rests on it (matching of needs), never a verdict.
"""

from __future__ import annotations

# The first and last division of GB/T 4754 and the divisions (大类) of the catalogue of majors that train for them.
_SERVED: tuple[tuple[int, int, tuple[str, ...]], ...] = (
    (1, 5, ("农林牧渔大类",)),
    (6, 12, ("资源环境与安全大类",)),
    (13, 16, ("食品药品与粮食大类",)),
    (17, 24, ("轻工纺织大类",)),
    (25, 26, ("生物与化工大类",)),
    (27, 27, ("食品药品与粮食大类", "生物与化工大类")),
    (28, 29, ("生物与化工大类",)),
    (30, 33, ("能源动力与材料大类", "装备制造大类")),
    (34, 38, ("装备制造大类",)),
    (39, 39, ("电子与信息大类",)),
    (40, 43, ("装备制造大类",)),
    (44, 45, ("能源动力与材料大类",)),
    (46, 46, ("水利大类",)),
    (47, 50, ("土木建筑大类",)),
    (51, 52, ("财经商贸大类",)),
    (53, 58, ("交通运输大类",)),
    (59, 60, ("财经商贸大类", "交通运输大类")),
    (61, 62, ("旅游大类",)),
    (63, 65, ("电子与信息大类",)),
    (66, 69, ("财经商贸大类",)),
    (70, 70, ("土木建筑大类", "财经商贸大类")),
    (71, 72, ("财经商贸大类",)),
    (73, 75, ("电子与信息大类", "装备制造大类", "生物与化工大类")),
    (76, 76, ("水利大类",)),
    (77, 79, ("资源环境与安全大类", "旅游大类")),
    (80, 80, ("公共管理与服务大类",)),
    (81, 81, ("交通运输大类", "装备制造大类")),
    (82, 82, ("公共管理与服务大类",)),
    (83, 83, ("教育与体育大类",)),
    (84, 84, ("医药卫生大类",)),
    (85, 85, ("公共管理与服务大类", "医药卫生大类")),
    (86, 87, ("新闻传播大类",)),
    (88, 88, ("文化艺术大类",)),
    (89, 89, ("教育与体育大类",)),
    (90, 90, ("旅游大类", "文化艺术大类")),
    (91, 97, ("公共管理与服务大类", "公安与司法大类")),
)
# Sections, for an organisation of which only the letter is known.
_SECTIONS = {
    "A": (1, 5), "B": (6, 12), "C": (13, 43), "D": (44, 46), "E": (47, 50), "F": (51, 52), "G": (53, 60),
    "H": (61, 62), "I": (63, 65), "J": (66, 69), "K": (70, 70), "L": (71, 72), "M": (73, 75), "N": (76, 79),
    "O": (80, 82), "P": (83, 83), "Q": (84, 85), "R": (86, 90), "S": (91, 96), "T": (97, 97),
}  # fmt: skip


def majors_for(code: str | None) -> frozenset[str]:
    """The divisions of majors that serve an industry code; none for a manufacturer or for no code that says more."""
    if not code:
        return frozenset()
    digits = code.lstrip("ABCDEFGHIJKLMNOPQRST")[:2]
    if len(digits) == 2 and digits.isdigit():
        first = last = int(digits)
    elif code[0] in _SECTIONS and code[0] != "C":
        first, last = _SECTIONS[code[0]]
    else:
        return frozenset()
    return frozenset(name for low, high, names in _SERVED if low <= last and first <= high for name in names)
