"""How figures and times are written in Vietnamese and in English.

`language` is "vi" or "en". A number and its unit are joined by a no-break space. Minus is a plain
hyphen, as the press writes it; rounding is half up; what rounds to zero has no sign.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from itertools import pairwise
from typing import Literal, NamedTuple

from market.sessions import VIETNAM

Sign = Literal["auto", "always", "never"]
Number = Decimal | int | float

NBSP = "\u00a0"
MILLION, BILLION, TRILLION = Decimal(10**6), Decimal(10**9), Decimal(10**12)


class _Step(NamedTuple):
    """From `start` on, an amount is written in `unit`, to `places` decimals, followed by `word`."""

    start: Decimal
    unit: Decimal
    places: int
    word: str


_ONES = _Step(Decimal(0), Decimal(1), 0, "")
_SHARES = {
    "vi": (
        _ONES,
        _Step(MILLION, MILLION, 1, f"{NBSP}triệu"),
        _Step(BILLION, BILLION, 2, f"{NBSP}tỷ"),
    ),
    "en": (
        _ONES,
        _Step(MILLION, MILLION, 1, f"{NBSP}million"),
        _Step(BILLION, BILLION, 2, f"{NBSP}billion"),
    ),
}
_VND = {
    "vi": (
        _ONES,
        _Step(MILLION, MILLION, 0, f"{NBSP}triệu"),
        _Step(BILLION, BILLION, 1, f"{NBSP}tỷ"),
        _Step(BILLION * 10, BILLION, 0, f"{NBSP}tỷ"),
        _Step(BILLION * MILLION, BILLION * MILLION, 2, f"{NBSP}triệu{NBSP}tỷ"),
    ),
    "en": (
        _ONES,
        _Step(MILLION, MILLION, 0, f"{NBSP}million"),
        _Step(BILLION, BILLION, 1, f"{NBSP}billion"),
        _Step(TRILLION, TRILLION, 1, f"{NBSP}trillion"),
    ),
}
_DOLLARS = {
    "vi": (
        _ONES,
        _Step(MILLION, MILLION, 1, f"{NBSP}triệu"),
        _Step(BILLION, BILLION, 1, f"{NBSP}tỷ"),
        _Step(TRILLION, TRILLION, 2, f"{NBSP}nghìn{NBSP}tỷ"),
    ),
    "en": (
        _ONES,
        _Step(MILLION, MILLION, 1, f"{NBSP}million"),
        _Step(BILLION, BILLION, 1, f"{NBSP}billion"),
        _Step(TRILLION, TRILLION, 2, f"{NBSP}trillion"),
    ),
}
_AGES = (
    (86_400, "ngày", "day"),
    (3600, "giờ", "hour"),
    (60, "phút", "minute"),
    (1, "giây", "second"),
)

INDEX_NAMES = {
    "VNINDEX": "VN-Index",
    "VN30": "VN30",
    "HNXINDEX": "HNX-Index",
    "HNX30": "HNX30",
    "UPCOMINDEX": "UPCoM-Index",
}
SOURCE_NAMES = {
    "vietcap": "Vietcap",
    "vndirect": "VNDirect",
    "vndirect_chart": "VNDirect",
    "kbs": "KBS",
    "dnse": "DNSE",
    "cafef": "CafeF",
    "binance": "Binance",
    "coingecko": "CoinGecko",
    "coinpaprika": "CoinPaprika",
    "alternative_me": "Alternative.me",
    "csv": "CSV",
}
_DEMO_NAMES = {"vi": "dữ liệu mô phỏng", "en": "simulated data"}
_STEPS = tuple(Decimal(1).scaleb(-places) for places in range(5))
_SPECS = tuple(f",.{places}f" for places in range(5))
_WEEKDAYS = {
    "vi": ("thứ Hai", "thứ Ba", "thứ Tư", "thứ Năm", "thứ Sáu", "thứ Bảy", "Chủ nhật"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip


def number(value: Number, places: int, language: str, sign: Sign = "auto") -> str:
    """`1.768,12` or `1,768.12`, rounded half up to `places` decimals."""
    exact = value if isinstance(value, Decimal) else Decimal(str(value))
    rounded = _rounded(exact, places)
    text = format(rounded, _SPECS[places] if places < len(_SPECS) else f",.{places}f")
    if language == "vi":
        text = text.replace(".", " ").replace(",", ".").replace(" ", ",")
    if sign == "auto" and rounded > 0:
        return text
    return _sign(rounded, sign) + text.lstrip("-")


def _rounded(value: Decimal, places: int) -> Decimal:
    step = _STEPS[places] if places < len(_STEPS) else Decimal(1).scaleb(-places)
    return value.quantize(step, ROUND_HALF_UP)


def _sign(value: Decimal, sign: Sign) -> str:
    if value == 0 or sign == "never":
        return ""
    if value < 0:
        return "-"
    return "+" if sign == "always" else ""


def points(value: Number, language: str) -> str:
    """An index level with its unit: `1.768,12 điểm`, `1,768.12 points`."""
    unit = "điểm" if language == "vi" else "points"
    return f"{number(value, 2, language)}{NBSP}{unit}"


def percent(value: Number, language: str, sign: Sign = "auto", places: int = 2) -> str:
    """`1,95%`, `1.95%`: the sign stands against its number."""
    return f"{number(value, places, language, sign)}%"


def shares(value: Number, language: str) -> str:
    """A volume: `783,5 triệu cổ phiếu`, `1,02 tỷ cổ phiếu`, `783.5 million shares`."""
    unit = "cổ phiếu" if language == "vi" else "shares"
    return f"{_scaled(value, _SHARES[language], language)}{NBSP}{unit}"


def vnd(value: Number, language: str) -> str:
    """An amount in VND: `23.413 tỷ đồng`, `1,02 triệu tỷ đồng`, `VND 23.4 trillion`."""
    amount = _scaled(value, _VND[language], language)
    return f"{amount}{NBSP}đồng" if language == "vi" else f"VND{NBSP}{amount}"


def dollars(value: Number, language: str) -> str:
    """An amount in US dollars: `3,97 nghìn tỷ USD`, `$3.97 trillion`."""
    return _in_dollars(_scaled(value, _DOLLARS[language], language), language)


def dollar_price(value: Number, language: str) -> str:
    """A price, finer the smaller it is: `115.140 USD`, `$201.34`, `$0.8123`."""
    size = abs(Decimal(str(value)))
    places = 0 if size >= 10_000 else 2 if size >= 10 else 4
    return _in_dollars(number(value, places, language), language)


def _in_dollars(amount: str, language: str) -> str:
    return f"{amount}{NBSP}USD" if language == "vi" else f"${amount}"


def _scaled(value: Number, steps: Sequence[_Step], language: str) -> str:
    """The value in the largest step that its rounded size reaches, with the step's word."""
    amount = Decimal(str(value))
    for step, larger in pairwise(steps):
        if _rounded(abs(amount) / step.unit, step.places) * step.unit < larger.start:
            break
    else:
        step = steps[-1]
    return f"{number(amount / step.unit, step.places, language)}{step.word}"


def day(value: date, language: str) -> str:
    """A full date: `21/8/2026`, `21 August 2026`."""
    if language == "vi":
        return f"{value.day}/{value.month}/{value.year}"
    return f"{value.day}{NBSP}{_MONTHS[value.month - 1]}{NBSP}{value.year}"


def short_day(value: date, language: str) -> str:
    """A date inside a sentence: `21/8`, `21 August`."""
    if language == "vi":
        return f"{value.day}/{value.month}"
    return f"{value.day}{NBSP}{_MONTHS[value.month - 1]}"


def weekday(value: date, language: str) -> str:
    return _WEEKDAYS[language][value.weekday()]


def month(value: date, language: str) -> str:
    """A short axis label: `thg 8`, `Aug`."""
    return f"thg{NBSP}{value.month}" if language == "vi" else _MONTHS[value.month - 1][:3]


def period(year: int, month: int, language: str) -> str:
    """A month or, where it is 0, a year in a heading: `tháng 8/2026`, `August 2026`."""
    if language == "vi":
        return f"tháng{NBSP}{month}/{year}" if month else f"năm{NBSP}{year}"
    return f"{_MONTHS[month - 1]}{NBSP}{year}" if month else str(year)


@lru_cache(maxsize=256)  # hundreds of figures share a few moments
def moment(value: datetime, language: str) -> str:
    """A moment in Vietnam's time for meta lines: `21/8/2026, 15:10 (GMT+7)`, `…, 15:10 ICT`."""
    local = value.astimezone(VIETNAM)
    zone = "(GMT+7)" if language == "vi" else "ICT"
    return f"{day(local.date(), language)}, {local:%H:%M}{NBSP}{zone}"


def clock_time(value: datetime, language: str) -> str:
    """A time of day inside a sentence: `15h10`, `15:10 ICT`."""
    local = value.astimezone(VIETNAM)
    return f"{local.hour}h{local:%M}" if language == "vi" else f"{local:%H:%M}{NBSP}ICT"


def age(value: timedelta, language: str) -> str:
    """How long ago, in the largest whole unit: `5 phút`, `5 minutes`, `3 ngày`, `3 days`."""
    seconds = max(int(value.total_seconds()), 0)
    size, vietnamese, english = next(unit for unit in _AGES if seconds >= unit[0] or unit[0] == 1)
    count = seconds // size
    if language == "vi":
        return f"{count}{NBSP}{vietnamese}"
    return f"{count}{NBSP}{english}{'' if count == 1 else 's'}"


def index_name(code: str) -> str:
    """An index's name in running text; an unknown code stands for itself."""
    return INDEX_NAMES.get(code, code)


def source_name(source: str, language: str) -> str:
    """A source's own name; the demo feed says that it is simulated."""
    if source == "demo":
        return _DEMO_NAMES[language]
    return SOURCE_NAMES.get(source, source)
