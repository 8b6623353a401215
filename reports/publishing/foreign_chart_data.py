"""The data of an old chart, checked: JSON text in, typed values out. No Django in here.

The old reports called four functions, for a gauge with segments, a line, bars that may be negative
and a doughnut. Their data came as `{"type": …, "title": …, …}` in the spellings accepted below.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Any, NoReturn

MAX_TEXT = 40_000  # characters of JSON
MAX_WORDS = 120  # characters of a title or a label
MAX_UNIT = 12
MAX_POINTS, MAX_ITEMS, MAX_PARTS, MAX_SEGMENTS, MAX_SERIES = 400, 24, 12, 8, 4
MAX_NUMBER = Decimal(10) ** 15
SMALLEST = Decimal(10) ** -12  # what is nearer to zero is zero

KINDS = {
    "gauge": "gauge",
    "line": "line",
    "bar": "bars",
    "bars": "bars",
    "column": "bars",
    "doughnut": "doughnut",
    "donut": "doughnut",
    "pie": "doughnut",
}
# How the old data looked, which is the site's business now.
_LOOKS = """
animate animation backgroundColor borderColor borderWidth canvasId chartId color colors container
containerId cutout fill height id legend outlineColor pointRadius responsive showLegend size smooth
strokeWidth tension theme width
"""
LOOKS = frozenset(_LOOKS.split())
WRAPPERS = ("data", "config", "options")
VALUES = ("values", "data")
NAMES = ("label", "name", "date", "x")
FIGURES = ("value", "y")


class ChartError(ValueError):
    """Why a chart cannot be shown."""


@dataclass(frozen=True, slots=True)
class Unit:
    prefix: str = ""
    suffix: str = ""
    axis: str = ""


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of a gauge's scale."""

    start: Decimal
    end: Decimal
    label: str


@dataclass(frozen=True, slots=True)
class Gauge:
    title: str
    unit: Unit
    value: Decimal
    low: Decimal
    high: Decimal
    segments: tuple[Segment, ...]

    @property
    def segment(self) -> Segment | None:
        """The one in which the value lies; on a border, the lower."""
        value = min(max(self.value, self.low), self.high)
        return next((item for item in self.segments if item.start <= value <= item.end), None)


@dataclass(frozen=True, slots=True)
class Item:
    label: str
    value: Decimal


@dataclass(frozen=True, slots=True)
class Bars:
    title: str
    unit: Unit
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Doughnut:
    title: str
    unit: Unit
    items: tuple[Item, ...]

    def share(self, item: Item) -> Decimal:
        """The item's part of the whole, in percent."""
        return item.value / sum((item.value for item in self.items), Decimal(0)) * 100


@dataclass(frozen=True, slots=True)
class Series:
    name: str
    values: tuple[Decimal | None, ...]


@dataclass(frozen=True, slots=True)
class Line:
    title: str
    unit: Unit
    labels: tuple[str, ...]
    series: tuple[Series, ...]


Chart = Gauge | Bars | Doughnut | Line


def parse(text: str) -> Chart:
    """The chart of a marker's JSON; raises ChartError with the reason."""
    given = dict(_loaded(text))
    kind = KINDS.get(_words(given.pop("type", given.pop("chartType", None)), "type").lower())
    if kind is None:
        raise ChartError(f"type must be one of {', '.join(KINDS)}")
    flat = _flat(given)
    title = _words(flat.pop("title", ""), "title")
    unit = _unit(flat)
    if kind == "gauge":
        return _gauge(title, unit, flat)
    if kind == "line":
        return _line(title, unit, flat)
    items = _items(flat, MAX_ITEMS if kind == "bars" else MAX_PARTS)
    if kind == "bars":
        return Bars(title, unit, items)
    if min(item.value for item in items) < 0 or not any(item.value for item in items):
        raise ChartError("the parts of a doughnut must not be negative, nor all zero")
    return Doughnut(title, unit, items)


def compact(text: str) -> str:
    """The JSON of a marker that was parsed, without a character that could end a comment.

    It holds all that was given, also what a chart does not read: raises ChartError for what cannot
    be stored, or would not be JSON.
    """
    try:
        given = json.loads(text)
        found = json.dumps(given, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        found.encode()  # half a character, as JSON can spell it, has no place in UTF-8
    except (ValueError, RecursionError):
        raise ChartError("the data is no JSON") from None
    return found.replace("<", "\\u003c").replace(">", "\\u003e")


def _loaded(text: str) -> Mapping[str, Any]:
    if len(text) > MAX_TEXT:
        raise ChartError(f"the data has more than {MAX_TEXT:,} characters")
    try:
        found = json.loads(text, parse_float=Decimal, parse_int=Decimal, parse_constant=_refuse)
    except (ValueError, ArithmeticError, RecursionError):
        raise ChartError("the data is no JSON") from None
    if not isinstance(found, dict):
        raise ChartError("the data must be an object")
    return found


def _refuse(name: str) -> NoReturn:
    raise ValueError(name)


def _flat(given: dict[str, Any]) -> dict[str, Any]:
    """What stood in `data`, `config` and `options` as if it stood beside them."""
    flat: dict[str, Any] = {}
    for name, value in given.items():
        if name not in WRAPPERS or not isinstance(value, dict):
            flat[name] = value
    for name in WRAPPERS:
        if isinstance(given.get(name), dict):
            flat = given[name] | flat
    return {name: value for name, value in flat.items() if name not in LOOKS}


def _unit(flat: dict[str, Any]) -> Unit:
    suffix = flat.pop("unit", flat.pop("valueSuffix", flat.pop("suffix", "")))
    prefix = flat.pop("valuePrefix", flat.pop("prefix", ""))
    for name in ("unit", "valueSuffix", "suffix", "valuePrefix", "prefix"):
        flat.pop(name, None)
    axis = flat.pop("yAxisLabel", "")
    return Unit(
        _words(prefix, "prefix", MAX_UNIT),
        _words(suffix, "unit", MAX_UNIT),
        _words(axis, "yAxisLabel"),
    )


def _gauge(title: str, unit: Unit, flat: dict[str, Any]) -> Gauge:
    _only(flat, "value", "min", "max", "segments", "label")
    title = title or _words(flat.get("label", ""), "label")
    low, high = _number(flat.get("min", Decimal(0))), _number(flat.get("max", Decimal(100)))
    if low >= high:
        raise ChartError("min must be below max")
    rows = _list(flat.get("segments", []), "segments", 0, MAX_SEGMENTS)
    segments: list[Segment] = []
    start = low
    for row in rows:
        part = _row(row, "from", "to", "min", "max", "limit", "label", "name")
        start = _number(_first(part, ("from", "min"), start))
        end = min(_number(_first(part, ("to", "limit", "max"))), high)
        if not low <= start < end:
            raise ChartError("the segments must follow each other within min and max")
        segments.append(Segment(start, end, _words(_first(part, ("label", "name"), ""), "label")))
        start = end
    if any(a.end > b.start for a, b in pairwise(segments)):
        raise ChartError("the segments must follow each other within min and max")
    return Gauge(title, unit, _number(flat.get("value")), low, high, tuple(segments))


def _line(title: str, unit: Unit, flat: dict[str, Any]) -> Line:
    _only(flat, "labels", "datasets", "series", "items", "points", "name", "label", *VALUES)
    rows = _first(flat, ("datasets", "series"), None)
    if rows is not None:
        labels, series = _labels(flat.get("labels")), _all_series(rows)
    else:
        items = _items(flat, MAX_POINTS)
        labels = tuple(item.label for item in items)
        name = _words(_first(flat, ("name", "label"), ""), "name")
        series = (Series(name, tuple(item.value for item in items)),)
    if any(len(item.values) != len(labels) for item in series):
        raise ChartError("each series must have as many values as there are labels")
    if any(sum(value is not None for value in item.values) < 2 for item in series):
        raise ChartError("a line needs two values")
    return Line(title, unit, labels, series)


def _all_series(rows: Any) -> tuple[Series, ...]:
    found = []
    for row in _list(rows, "series", 1, MAX_SERIES):
        part = _row(row, "label", "name", *VALUES)
        values = _list(_first(part, VALUES), "values", 2, MAX_POINTS)
        numbers = tuple(None if value is None else _number(value) for value in values)
        found.append(Series(_words(_first(part, ("label", "name"), ""), "name"), numbers))
    return tuple(found)


def _labels(rows: Any) -> tuple[str, ...]:
    return tuple(_label(row) for row in _list(rows, "labels", 2, MAX_POINTS))


def _items(flat: dict[str, Any], most: int) -> tuple[Item, ...]:
    """Named values: a list of objects, labels beside values, or one set of data with labels."""
    _only(flat, "labels", "datasets", "series", "items", "points", "name", "label", *VALUES)
    sets = _first(flat, ("datasets", "series"), None)
    if sets is not None:
        part = _row(_list(sets, "datasets", 1, 1)[0], "label", "name", *VALUES)
        flat = {"labels": flat.get("labels"), "values": _first(part, VALUES)}
    rows = _list(_first(flat, ("items", "points", *VALUES)), "values", 1, most)
    if "labels" in flat:
        labels = _list(flat["labels"], "labels", 1, most)
        if len(labels) != len(rows):
            raise ChartError("there must be as many labels as values")
        return tuple(Item(_label(a), _number(b)) for a, b in zip(labels, rows, strict=True))
    return tuple(_item(row) for row in rows)


def _item(row: Any) -> Item:
    part = _row(row, *NAMES, *FIGURES)
    return Item(_label(_first(part, NAMES)), _number(_first(part, FIGURES)))


def _only(given: Mapping[str, Any], *known: str) -> None:
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise ChartError(f"{unknown[0][:40]} is not known here")


def _row(row: Any, *known: str) -> dict[str, Any]:
    if not isinstance(row, dict):
        raise ChartError("an entry must be an object")
    part = {name: value for name, value in row.items() if name not in LOOKS}
    _only(part, *known)
    return part


def _first(given: Mapping[str, Any], names: Sequence[str], *usual: Any) -> Any:
    for name in names:
        if name in given:
            return given[name]
    if usual:
        return usual[0]
    raise ChartError(f"{names[0]} is missing")


def _list(value: Any, name: str, least: int, most: int) -> list[Any]:
    if not isinstance(value, list) or not least <= len(value) <= most:
        raise ChartError(f"{name} must be a list of {least} to {most}")
    return value


def _label(value: Any) -> str:
    """A name; years and days often came as bare numbers."""
    if isinstance(value, Decimal):
        return f"{_number(value):f}"[:MAX_WORDS]
    return _words(value, "label")


def _words(value: Any, name: str, most: int = MAX_WORDS) -> str:
    if not isinstance(value, str):
        raise ChartError(f"{name} must be text")
    text = " ".join(value.split())
    if len(text) > most:
        raise ChartError(f"{name} has more than {most} characters")
    if not text.isprintable():
        raise ChartError(f"{name} holds a character that cannot be shown")
    return text


def _number(value: Any) -> Decimal:
    if not isinstance(value, Decimal) or not value.is_finite():
        raise ChartError("a value must be a number")
    if not -MAX_NUMBER <= value <= MAX_NUMBER:  # compared as it is: abs() overflows at 1e9999999
        raise ChartError("a value is too large")
    return value if abs(value) >= SMALLEST else Decimal(0)
