"""What the sources share that are asked over HTTP, from the call to the reply."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from market.http import HttpClient, HttpError, HttpInvalid, HttpRefused, HttpUnavailable
from market.sources.base import (
    NOT_OFFERED,
    BarReply,
    PriceReply,
    QuoteReply,
    SourceBar,
    SourceError,
    SourceInvalid,
    SourcePrice,
    SourceQuote,
    SourceRefused,
    SourceUnavailable,
    Spoilt,
    turnover_fault,
)
from market.sources.fields import Absent, FieldError, NotPositive, excerpt

ABSENT = "not in the answer"

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
