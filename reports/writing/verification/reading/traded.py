"""What a superlative is said of: the trading, or the index and its move."""

from __future__ import annotations

import re

from reports.writing.verification.reading.names import LIQUIDITY

_OTHER = re.compile(
    r"(?<!\w)(?:đóng cửa|chốt phiên|kết phiên|chỉ số|điểm số|vn-?index|vn-?30|hnx-?index|hnx-?30|"
    r"upcom-?index|(?:mức|phiên|đà|nhịp) (?:tăng|giảm)|clos(?:e|ed|ing)|finish(?:ed)?|(?:the|its|"
    r"this) (?:index|gain|rise|loss|fall|drop|decline)|price)(?!\w)"
)
_STOP = re.compile(r"[.;]")


def by_volume(text: str, start: int, end: int) -> bool:
    """Whether a superlative there is said of the trading.

    What is named last before it counts, over commas too ("volume reached 447m, 12% below its
    average and the lowest in ten sessions"); where nothing is, what follows in its part.
    """
    begin = max((m.end() for m in _STOP.finditer(text, 0, start)), default=0)
    traded = max((m.start() for m in LIQUIDITY.finditer(text, begin, start)), default=-1)
    other = max((m.start() for m in _OTHER.finditer(text, begin, start)), default=-1)
    if traded >= 0 or other >= 0:
        return traded > other
    stop = re.compile(r"[,.;]").search(text, end)
    return bool(LIQUIDITY.search(text, end, stop.start() if stop else len(text)))
