"""What a model's tokens cost, and how many calls a run may make.

Plain values, no Django: the settings are read through this. The prices below are list prices in US
dollars as public price tables reported them in 2026; nobody bills by them. They change, so
`REPORT_PRICES` has the last word, and a model that nobody named costs `UNKNOWN`, more than the
common models do: a cap is reached too early rather than too late.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_UP, Decimal, InvalidOperation
from typing import Any

MILLION = Decimal(10**6)
CENT_PARTS = Decimal("0.000001")  # as finely as the budget's rows count
HIGHEST = Decimal(10_000)
# What vendors hang on a model's name without changing its price: `-preview-09-2025`, `-2024-08-06`,
# `-001`, `-latest`.
_EDITION = re.compile(r"-(?:preview|exp|latest|\d{3,4})(?:-[0-9]{1,4}){0,3}$")


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars per million prompt and output tokens (thinking counts as output), and per search.

    `search` is what one call with web search costs on top.
    """

    prompt: Decimal
    output: Decimal
    search: Decimal = Decimal("0.035")

    def cost(self, prompt: int, output: int, searched: bool = False) -> Decimal:
        """What a call costs in US dollars, rounded up to a millionth."""
        tokens = (prompt * self.prompt + output * self.output) / MILLION
        return (tokens + (self.search if searched else 0)).quantize(CENT_PARTS, ROUND_UP)


def _price(prompt: str, output: str) -> Price:
    return Price(Decimal(prompt), Decimal(output))


FREE = Price(Decimal(0), Decimal(0), Decimal(0))
UNKNOWN = _price("5", "30")
# The parts of a report that a model writes: the headline and six sections.
MODEL_SECTIONS = 7
LANGUAGES = 2
DEFAULT_PRICES: dict[str, Price] = {
    "gemini-3-pro": _price("4", "18"),  # the price of prompts above 200,000 tokens
    "gemini-3.1-pro": _price("4", "18"),
    "gemini-3.5-flash": _price("1.50", "9"),
    "gemini-3.1-flash-lite": _price("0.25", "1.50"),
    "gemini-3-flash": _price("0.50", "3"),
    "gemini-2.5-pro": _price("2.50", "15"),
    "gemini-2.5-flash": _price("0.30", "2.50"),
    "gemini-2.5-flash-lite": _price("0.10", "0.40"),
    "gemini-2.0-flash": _price("0.10", "0.40"),
    "gemini-2.0-flash-lite": _price("0.075", "0.30"),
    "gpt-5.4": _price("2.50", "15"),
    "gpt-5.4-mini": _price("0.75", "4.50"),
    "gpt-5.2-pro": _price("21", "168"),
    "gpt-5.2": _price("1.75", "14"),
    "gpt-5.1": _price("1.25", "10"),
    "gpt-5": _price("1.25", "10"),
    "gpt-5-mini": _price("0.25", "2"),
    "gpt-5-nano": _price("0.05", "0.40"),
    "gpt-5-pro": _price("15", "120"),
    "gpt-4.1": _price("2", "8"),
    "gpt-4.1-mini": _price("0.40", "1.60"),
    "gpt-4.1-nano": _price("0.10", "0.40"),
    "gpt-4o": _price("2.50", "10"),
    "gpt-4o-mini": _price("0.15", "0.60"),
    "o1": _price("15", "60"),
    "o1-pro": _price("150", "600"),
    "o3": _price("2", "8"),
    "o3-pro": _price("20", "80"),
    "o3-mini": _price("1.10", "4.40"),
    "o4-mini": _price("1.10", "4.40"),
}


def calls_cap(sections: int) -> int:
    """The most calls of a run in which a model writes so many sections; re-asked ones included.

    Per language a call for each section and three more (research, a first answer that broke off, a
    second one), and one round of corrections, at most a call for each section.
    """
    return LANGUAGES * (sections + 3) + sections


def parse_prices(text: str) -> dict[str, Price]:
    """Prices by model, as `REPORT_PRICES` gives them; ValueError says what is wrong.

    `gpt-5-mini=0.25/2, gemini-3-pro=2/12/0.014, qwen3*=free`: dollars per million prompt tokens,
    per million output tokens and, where it matters, per search; or a JSON object whose values are
    such texts or lists. A name may end in `*`; `*` alone is every model that nothing else names.
    """
    text = text.strip()
    if text.startswith("{"):
        return {_model(name): _given(value) for name, value in _object(text).items()}
    found = {}
    for part in re.split(r"[,;]", text):
        if part.strip():
            name, _, value = part.partition("=")
            found[_model(name)] = _given(value)
    return found


def _object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except json.JSONDecodeError:
        raise ValueError("is neither JSON nor text such as gpt-5-mini=0.25/2") from None
    return dict(found)


def _model(name: str) -> str:
    name = name.strip().lower()
    if not re.fullmatch(r"[a-z0-9][\w./:@-]*\*?|\*", name):
        raise ValueError(f"{name[:40]!r} is no name of a model")
    return name


def _given(value: object) -> Price:
    parts = value if isinstance(value, list) else str(value).strip().split("/")
    if parts == ["free"]:
        return FREE
    try:
        amounts = [Decimal(str(part).strip()) for part in parts]
    except InvalidOperation:
        amounts = []
    fits = all(amount.is_finite() and 0 <= amount <= HIGHEST for amount in amounts)
    if len(amounts) not in {2, 3} or not fits:
        raise ValueError("needs prices such as 0.25/2, dollars per million tokens, or free")
    return Price(*amounts)


def price_of(model: str, given: Mapping[str, Price]) -> Price:
    """The price of a model, from those that the operator gave, else from the list.

    A whole name counts before a pattern, the longer pattern before the shorter; the vendor before
    the name (`google/…`) and the edition behind it make no difference unless they are named.
    """
    whole = model.lower().removeprefix("models/")
    bare = whole.rpartition("/")[2]
    names = (whole, bare, _EDITION.sub("", bare))
    patterns = sorted((key[:-1] for key in given if key.endswith("*")), key=len, reverse=True)
    found = [given[name] for name in names if name in given]
    found += [
        given[f"{start}*"]
        for start in patterns
        if start and (whole.startswith(start) or bare.startswith(start))
    ]
    found += [DEFAULT_PRICES[name] for name in names if name in DEFAULT_PRICES]
    return found[0] if found else given.get("*", UNKNOWN)
