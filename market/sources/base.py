"""What every source of market numbers takes and gives back. Plain values, no Django."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Generic, Protocol, TypeVar

from market.http import HttpClient, HttpError, HttpInvalid, HttpRefused, HttpUnavailable
from market.sources.fields import (
    CHEAPEST_SHARE,
    DEAREST_SHARE,
    Absent,
    FieldError,
    NotPositive,
    excerpt,
)


class SourceError(Exception):
    """A source gave nothing usable. `reason` is one short sentence, free of secrets."""

    def __init__(self, source: str, reason: str) -> None:
        super().__init__(f"{source}: {reason}")
        self.source = source
        self.reason = reason


class SourceUnavailable(SourceError):
    """No answer: network, time-out, or a 5xx. Worth asking again later."""


class SourceRefused(SourceError):
    """The source answers others, not us: 401, 402, 403, 418, 429, 451. Ask the next one."""

    def __init__(self, source: str, reason: str, retry_after: float | None = None) -> None:
        super().__init__(source, reason)
        self.retry_after = retry_after


class SourceInvalid(SourceError):
    """An answer that is not what the source's shape promises; `field` names the spot.

    `excerpt` is what stands there.
    """

    def __init__(self, source: str, reason: str, field: str = "", excerpt: str = "") -> None:
        super().__init__(source, f"{reason} ({field})" if field else reason)
        self.field = field
        self.excerpt = excerpt


@dataclass(frozen=True, slots=True)
class SourceQuote:
    """One index at one moment. Points; `volume` in shares, `value` in VND, `as_of` in UTC."""

    code: str
    as_of: datetime
    price: Decimal
    previous_close: Decimal
    open: Decimal | None
    high: Decimal | None
    low: Decimal | None
    volume: int | None
    value: int | None
    advances: int | None
    declines: int | None
    unchanged: int | None
    ceilings: int | None
    floors: int | None
    source: str


@dataclass(frozen=True, slots=True)
class SourceBar:
    """One trading day of an index; `day` is the date in Vietnam."""

    code: str
    day: date
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: int | None
    source: str


@dataclass(frozen=True, slots=True)
class SourcePrice:
    """What it takes to confirm a quote. Points; `volume` in shares, `value` in VND.

    `as_of` is in UTC, None from a source without a clock.
    """

    code: str
    price: Decimal
    previous_close: Decimal
    volume: int | None
    value: int | None
    as_of: datetime | None
    source: str


@dataclass(frozen=True, slots=True)
class Spoilt:
    """A row that is there and cannot be read: how it begins, and whether a price is no price."""

    excerpt: str
    not_positive: bool = False


@dataclass(frozen=True, slots=True)
class QuoteReply:
    """The usable quotes of one answer, and why the other asked codes have none.

    `notes` tells by code what of a usable quote is taken as unknown, and why. `stopped` is the
    failure that ended the asking early, of a source that is asked for one index a call. `spoilt`
    holds by code what of the problems is a bad row, and not the lack of one.
    """

    quotes: tuple[SourceQuote, ...]
    problems: dict[str, str]
    notes: dict[str, str] = dataclasses.field(default_factory=dict)
    stopped: SourceError | None = None
    spoilt: dict[str, Spoilt] = dataclasses.field(default_factory=dict)

    def only(self, codes: Collection[str]) -> QuoteReply:
        """What the reply says of these codes."""
        quotes = tuple(quote for quote in self.quotes if quote.code in codes)
        problems, notes = _only(codes, self.problems), _only(codes, self.notes)
        return QuoteReply(quotes, problems, notes, self.stopped, _only(codes, self.spoilt))


@dataclass(frozen=True, slots=True)
class PriceReply:
    """The usable prices of one answer; problems and notes as in a `QuoteReply`."""

    prices: tuple[SourcePrice, ...]
    problems: dict[str, str]
    notes: dict[str, str] = dataclasses.field(default_factory=dict)

    def only(self, codes: Collection[str]) -> PriceReply:
        """What the reply says of these codes."""
        prices = tuple(price for price in self.prices if price.code in codes)
        return PriceReply(prices, _only(codes, self.problems), _only(codes, self.notes))


Told = TypeVar("Told")


def _only(codes: Collection[str], told: Mapping[str, Told]) -> dict[str, Told]:
    return {code: item for code, item in told.items() if code in codes}


@dataclass(frozen=True, slots=True)
class BarReply:
    """The usable day bars by code, oldest first and once a day; the rest as in a `QuoteReply`."""

    bars: dict[str, tuple[SourceBar, ...]]
    problems: dict[str, str]
    stopped: SourceError | None = None


ABSENT = "not in the answer"
NOT_OFFERED = "not one of its indices"


class QuoteSource(Protocol):
    """Gives current quotes; raises SourceError when the whole answer is unusable.

    `origin` names whose numbers they are: vendors that relay one origin confirm once.
    """

    name: str
    origin: str

    def fetch_quotes(self, codes: Sequence[str], now: datetime) -> QuoteReply: ...


class PriceSource(Protocol):
    """Gives prices that can confirm a quote and no more; raises SourceError."""

    name: str
    origin: str

    def fetch_prices(self, codes: Sequence[str], now: datetime) -> PriceReply: ...


class BarSource(Protocol):
    """Gives the last `count` day bars; raises SourceError when the whole answer is unusable."""

    name: str
    origin: str

    def fetch_bars(self, codes: Sequence[str], count: int, now: datetime) -> BarReply: ...


def price_of(quote: SourceQuote) -> SourcePrice:
    """What of a quote can confirm another."""
    return SourcePrice(
        code=quote.code,
        price=quote.price,
        previous_close=quote.previous_close,
        volume=quote.volume,
        value=quote.value,
        as_of=quote.as_of,
        source=quote.source,
    )


Item = TypeVar("Item")
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Answers(Generic[Item]):
    """What was found by code, why the others were not, and what ended the asking early.

    `spoilt` as in a `QuoteReply`.
    """

    found: dict[str, Item]
    problems: dict[str, str]
    stopped: SourceError | None = None
    spoilt: dict[str, Spoilt] = dataclasses.field(default_factory=dict)


class Upstream:
    """A vendor's HTTP address with our client, its errors translated to ours.

    `names` maps our codes to the vendor's, for what it offers alone; by default `codes`.
    """

    name = ""
    origin = ""
    codes: Mapping[str, str] = {}
    not_offered = NOT_OFFERED

    def __init_subclass__(cls) -> None:
        cls.origin = cls.origin or cls.name

    def __init__(
        self,
        client: HttpClient,
        base_url: str,
        headers: Mapping[str, str],
        names: Mapping[str, str] | None = None,
    ) -> None:
        self._client = client
        self._base_url = base_url.rstrip("/")
        self._headers = dict(headers)
        self.names = dict(self.codes if names is None else names)

    def at_once(
        self,
        codes: Sequence[str],
        fetch: Callable[[list[str]], Mapping[str, Row]],
        read: Callable[[str, Row], Item],
        absent: str = ABSENT,
    ) -> Answers[Item]:
        """One call for all: `fetch` gives rows by the vendor's name, `read` makes one of ours.

        Without a code that the vendor offers it is not called. The rest as in `one_by_one`.
        """
        offered = [self.names[code] for code in codes if code in self.names]
        rows = fetch(offered) if offered else {}

        def read_row(code: str) -> Item:
            row = rows.get(self.names[code])
            if row is None:
                raise Absent(absent)
            try:
                return read(code, row)
            except FieldError as error:
                error.excerpt = excerpt(row)
                raise

        return self.one_by_one(codes, read_row)

    def one_by_one(self, codes: Sequence[str], read: Callable[[str], Item]) -> Answers[Item]:
        """What `read` makes of each code, and why it made nothing of the others.

        What is wrong with one code's answer is that code's problem. A source that is down or
        refuses is not asked again. Raises SourceError when nothing but failure came back.
        """
        offered = [code for code in codes if code in self.names]
        problems = {code: self.not_offered for code in codes if code not in self.names}
        found: dict[str, Item] = {}
        spoilt: dict[str, Spoilt] = {}
        invalid: list[SourceInvalid] = []
        for position, code in enumerate(offered):
            try:
                found[code] = read(code)
            except Absent as error:
                problems[code] = str(error)
            except FieldError as error:
                problems[code] = str(error)
                spoilt[code] = Spoilt(error.excerpt, isinstance(error, NotPositive))
            except SourceInvalid as error:
                problems[code] = error.reason
                spoilt[code] = Spoilt(error.excerpt)
                invalid.append(error)
            except SourceError as error:
                if not found:
                    raise
                problems |= dict.fromkeys(offered[position:], error.reason)
                return Answers(found, problems, error, spoilt)
        if offered and len(invalid) == len(offered):
            raise invalid[0]
        return Answers(found, problems, None, spoilt)

    def keyed(self, rows: list[Any], name: str, spot: str = "") -> dict[str, Mapping[str, Any]]:
        """Rows by what stands in their field `name`; raises SourceInvalid for one without it."""
        found: dict[str, Mapping[str, Any]] = {}
        for position, row in enumerate(rows):
            if not isinstance(row, dict) or not isinstance(row.get(name), str):
                where = f"{spot}[{position}].{name}"
                raise SourceInvalid(self.name, f"a row has no {name}", where, excerpt(row))
            found[row[name]] = row
        return found

    def get(self, path: str, params: Mapping[str, str]) -> Any:
        """Parsed JSON of a GET below the base address; raises SourceError."""
        return self._call("GET", path, params=params)

    def post(self, path: str, body: Any) -> Any:
        """Parsed JSON of a POST of `body` as JSON; raises SourceError."""
        return self._call("POST", path, body=body)

    def _call(
        self, method: str, path: str, params: Mapping[str, str] | None = None, body: Any = None
    ) -> Any:
        try:
            return self._client.json(
                method, f"{self._base_url}{path}", params=params, body=body, headers=self._headers
            )
        except HttpRefused as error:
            raise SourceRefused(self.name, str(error), error.retry_after) from error
        except HttpUnavailable as error:
            raise SourceUnavailable(self.name, str(error)) from error
        except HttpInvalid as error:
            told = excerpt(error.beginning) if error.beginning else ""
            raise SourceInvalid(self.name, str(error), excerpt=told) from error
        except HttpError as error:
            raise SourceInvalid(self.name, str(error)) from error


Traded = TypeVar("Traded", SourceQuote, SourcePrice)


def quote_reply(answers: Answers[SourceQuote]) -> QuoteReply:
    """The reply, turnover that is in no unit of ours taken as unknown."""
    quotes, notes = _with_known_turnover(answers.found.values())
    return QuoteReply(quotes, answers.problems, notes, answers.stopped, answers.spoilt)


def price_reply(answers: Answers[SourcePrice]) -> PriceReply:
    """The reply, turnover that is in no unit of ours taken as unknown."""
    prices, notes = _with_known_turnover(answers.found.values())
    return PriceReply(prices, answers.problems, notes)


def bar_reply(answers: Answers[tuple[SourceBar, ...]]) -> BarReply:
    return BarReply(answers.found, answers.problems, answers.stopped)


def _with_known_turnover(found: Iterable[Traded]) -> tuple[tuple[Traded, ...], dict[str, str]]:
    kept: list[Traded] = []
    notes: dict[str, str] = {}
    for item in found:
        fault = turnover_fault(item.volume, item.value)
        if fault:
            notes[item.code] = fault
        kept.append(dataclasses.replace(item, volume=None, value=None) if fault else item)
    return tuple(kept), notes


def turnover_fault(volume: int | None, value: int | None) -> str | None:
    """Why these cannot be shares and VND, or None when they can."""
    if volume is None or value is None:
        return None
    if volume * CHEAPEST_SHARE <= value <= volume * DEAREST_SHARE:
        return None
    return f"volume {volume} and value {value} make no price of a share"
