"""Words of direction: which way, how far, and of what."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

UP, DOWN, FLAT = 1, -1, 0

# Percent of an index's day that a word of that size may tell: its band, with some room around it.
SIZES = {
    "flat": (Decimal(0), Decimal("0.3")),
    "slight": (Decimal(0), Decimal("0.85")),
    "firm": (Decimal("0.4"), Decimal(100)),
    "strong": (Decimal(1), Decimal(100)),
    "extreme": (Decimal(2), Decimal(100)),
}
_VI = (
    (UP, "extreme", r"tăng vọt|tăng dựng đứng|bùng nổ|phi mã|thăng hoa|vọt lên|bật vọt"),
    (UP, "strong", r"tăng (?:rất )?(?:mạnh|sốc|tốc)(?! hơn| nhất)|bứt phá|bật mạnh|bật tăng mạnh"),
    (UP, "slight", r"tăng (?:rất )?(?:nhẹ|ít)(?! hơn| nhất)|nhích(?: nhẹ| lên| tăng)*|nhỉnh lên"),
    (UP, "", r"(?:gia )?tăng|bật(?: tăng| lên| dậy)?|hồi phục|phục hồi|đi lên|leo|khởi sắc|"
     r"sắc xanh|đi lên|tiến(?! (?:gần|sát))|lấy lại|lên điểm|xanh điểm|vươn lên|cải thiện|dâng"),
    (DOWN, "extreme", r"lao dốc|giảm vọt|sập|cắm đầu|rơi tự do|giảm (?:sốc|cực mạnh)|đổ đèo|"
     r"bốc hơi"),
    (DOWN, "strong", r"giảm (?:rất )?(?:mạnh|sâu)(?! hơn| nhất)|rớt mạnh|tụt mạnh|bán tháo"),
    (DOWN, "slight", r"giảm (?:rất )?(?:nhẹ|ít)(?! hơn| nhất)|lùi nhẹ|hụt hơi|nhích xuống"),
    (DOWN, "", r"giảm|rơi|sụt(?: giảm)?|mất (?:điểm |giá )?(?:nhiều|ít|sâu|mạnh) nhất|"
     r"mất điểm|mất(?= (?:thêm |tới |gần |khoảng )?\x01)|"
     r"lùi|tụt(?! lại)|đi xuống|trượt|sắc đỏ|rớt|"
     r"hạ nhiệt|"
     r"suy giảm|thụt lùi|đỏ điểm|xuống điểm|hạ|đánh rơi|đánh mất|suy yếu"),
    (FLAT, "flat", r"đi ngang|lình xình|đứng yên|không đổi|gần như không đổi|ít thay đổi"),
)  # fmt: skip
_EN = (
    (UP, "extreme", r"surg(?:ed?|es|ing)|soar(?:ed|s|ing)?|skyrocket(?:ed|s)?|spik(?:ed|es)"),
    (UP, "strong", r"(?:rose|gained|advanced|climbed|jumped|up) (?:sharply|strongly)|"
     r"jump(?:ed|s|ing)?|rall(?:ied|ies|ying)|leap(?:t|ed)|sharp (?:gain|rise)s?"),
    (UP, "firm", r"climb(?:ed|s|ing)?"),
    (UP, "slight", r"edg(?:ed|es|ing) (?:up|higher)|inch(?:ed|es|ing) (?:up|higher)|"
     r"tick(?:ed|s|ing) (?:up|higher)|nudged (?:up|higher)|(?:rose|gained|up) slightly|"
     r"slight (?:gain|rise)"),
    (UP, "", r"(?:firm|strong)er (?:open|start)(?:ing)?|"
     r"rose|ris(?:e|es|en|ing)|gain(?:ed|s|ing)?|advanc(?:ed|ing)|added|"
     r"rebound(?:ed|s|ing)?|recover(?:ed|s|ing|y)|in(?:to)? the green|higher|increas(?:ed?|es|ing)|"
     r"strengthened|grew|firmed|turn(?:ed|s|ing) (?:positive|up)|upward|expand(?:ed|s|ing)"),
    (DOWN, "extreme", r"plung(?:ed?|es|ing)|plummet(?:ed|s|ing)?|crash(?:ed|es|ing)?|collaps(?:ed|"
     r"es)"
     r"|nosedived"),
    (DOWN, "strong", r"(?:fell|declined|dropped|lost|down) (?:sharply|steeply|heavily)|"
     r"tumbl(?:ed?|es|ing)|slump(?:ed|s|ing)?|sharp (?:fall|drop|loss|decline)s?|sold off|"
     r"sell-off"),
    (DOWN, "firm", r"dropp?(?:ed|s|ing)?|sank|sink(?:s|ing)?"),
    (DOWN, "slight", r"edg(?:ed|es|ing) (?:down|lower)|inch(?:ed|es|ing) (?:down|lower)|"
     r"tick(?:ed|s|ing) (?:down|lower)|dipp?(?:ed|s|ing)?|eas(?:ed|es|ing)|nudged (?:down|lower)|"
     r"(?:fell|declined|lost|down) slightly|slight (?:fall|drop|loss|decline)"),
    (DOWN, "", r"(?:soft|weak)er (?:open|start)(?:ing)?|"
     r"fell|fall(?:s|en|ing)?|declin(?:ed?|es|ing)|los(?:t|es|ing|s|ses)|shed|"
     r"slid(?:es|ing)?|slipp?(?:ed|s|ing)?|retreat(?:ed|s|ing)?|in(?:to)? the red|lower|weakened|"
     r"decreas(?:ed?|es|ing)|shr(?:ank|unk|inks?|inking)|contract(?:ed|ing)|"
     r"turn(?:ed|s|ing) (?:negative|down)|"
     r"downward|pulled back|g(?:a|i)ve(?:n|s)? up|giving up"),
    (FLAT, "flat", r"flat|little changed|unchanged|stood still|sideways|steady(?! (?:demand|"
           "buying|selling|interest|pace|flow|climb|rise|gain|stream))|barely moved"),
)  # fmt: skip
_UP_DOWN = (
    r"(?<![\w-])(?P<{name}>{name})(?=\s?\(?\s?[\x01]|(?: by| about| nearly| around| more than|"
    r" just|"
    r" over| some| almost| roughly| another| a further)\s?[\x01]|[,.;]|$| on the| for the| from|"
    r" in | "
    r"an? (?:session|day)\b|at the| against| since| over| this| today| sharply| slightly| and\b|"
    r" again| on \d{{1,3}} (?:sessions|days))"
)


@dataclass(frozen=True, slots=True)
class Motion:
    """A word of direction in a sentence; `negated` as in "did not rise"."""

    start: int
    end: int
    way: int
    size: str
    text: str
    negated: bool


def _patterns(
    rows: tuple[tuple[int, str, str], ...],
) -> tuple[tuple[int, str, re.Pattern[str]], ...]:
    return tuple(
        (way, size, re.compile(rf"(?<![\w-])(?:{words})(?![\w-])")) for way, size, words in rows
    )


_WORDS = {
    "vi": _patterns(_VI),
    "en": (
        *_patterns(_EN),
        (UP, "", re.compile(_UP_DOWN.format(name="up"))),
        (DOWN, "", re.compile(_UP_DOWN.format(name="down"))),
    ),
}
_NEGATED = {
    "vi": re.compile(
        r"(?<!\w)(?:(?:không|chưa)(?: có)? (?:lúc|khi|thời điểm|phiên) nào|không|chưa|chẳng|"
        r"không còn|không hề|thôi|ngừng|hết) "
        r"(?:thể |(?:giữ|duy trì|nối dài|kéo dài)(?: được)?(?: đà| nhịp| mạch)? )?$"
    ),
    "en": re.compile(
        r"(?:\bnot|\bno|n't|n’t|\bnever|\bno longer|\bfailed to|\bnone of (?:them|these|the \w+)|"
        r"\bwithout|\bstopped|\bneither)"
        r"(?: (?:a|an|any|have|has|been))* $"
    ),
}
# Where these words name no movement of a figure.
_NO_MOTION = {
    "vi": re.compile(
        r"(?:hạn chế|cắt|mở|nâng|kéo|bảo|nỗ lực|cố gắng|muốn|tìm cách) $|(?<!\w)(?:ma|đáy|nến) $"
    ),
    "en": re.compile(
        r"\b(?:capital|could|far|attempt(?:s|ed|ing)? to|tried to|trying to|effort to|failed|"
        r"hopes? of a|attempts? at a|(?:each|every) one|(?:each|every)(?: one)? that|"
        r"as many \w+ \w+ as|measured|counted|counting|reckoned) $"
    ),
}
_NO_MOTION_AFTER = {
    "vi": re.compile(
        r"^ (?:trưởng|cường|tốc|bớt|thiểu|giá trị của|hạn|gân|tải|sàn|trần|kịch|ca|hành|giảm|"
        r"vào|tầng)"
        r"(?!\w)|^/(?:giảm|tăng)"
    ),
    "en": re.compile(r"^ (?:bound|end of|half|level of|limit)\b"),
}


# "9 April falls on a Saturday"; but an index "fell on Friday"
_FALLS = {"fall", "falls", "falling"}
_ON_A_DAY = re.compile(r" on (?:an? )?(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day\b|\x02)")


@lru_cache(maxsize=512)
def motions(masked: str, language: str) -> list[Motion]:
    """The words of direction of a masked sentence, the longest where they overlap."""
    found = [
        Motion(match.start(), match.end(), way, size, match[0], _negated(masked, match, language))
        for way, size, pattern in _WORDS[language]
        for match in pattern.finditer(masked)
        if not _NO_MOTION[language].search(masked[: match.start()])
        and not _NO_MOTION_AFTER[language].match(masked[match.end() :])
        and not (match[0] in _FALLS and _ON_A_DAY.match(masked, match.end()))
    ]
    found.sort(key=lambda item: (item.start, -item.end))
    kept: list[Motion] = []
    for motion in found:
        if not kept or motion.start >= kept[-1].end:
            kept.append(motion)
    return kept


def _negated(masked: str, match: re.Match[str], language: str) -> bool:
    return bool(_NEGATED[language].search(masked[: match.start()]))
