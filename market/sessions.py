"""Trading sessions of the Vietnamese exchanges: hours, weekends, holidays, and staleness.

Hours are those of HoSE, HNX and UPCoM in Vietnam's time. Moments are aware; what comes back is in
UTC. Plain values in and out: an editor's corrections arrive in the `Calendar`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")


class Session(StrEnum):
    PRE_OPEN = "pre_open"
    ATO = "ato"
    MORNING = "morning"
    LUNCH = "lunch"
    AFTERNOON = "afternoon"
    ATC = "atc"
    PLO = "plo"
    PUT_THROUGH = "put_through"
    CLOSED = "closed"
    HOLIDAY = "holiday"


PREPARING = time(8, 30)  # orders can be entered from now on, none is matched
OPENING = time(9, 0)
LUNCH = time(11, 30)
AFTERNOON = time(13, 0)
CLOSING_AUCTION = time(14, 30)
AUCTION_CLOSE = time(14, 45)
DAY_END = time(15, 0)
IDLE_FROM = time(15, 30)  # by then every vendor has the last close

# Each phase with the time at which it ends.
_PHASES: dict[str, tuple[tuple[time, Session], ...]] = {
    "HOSE": (
        (PREPARING, Session.CLOSED),
        (OPENING, Session.PRE_OPEN),
        (time(9, 15), Session.ATO),
        (LUNCH, Session.MORNING),
        (AFTERNOON, Session.LUNCH),
        (CLOSING_AUCTION, Session.AFTERNOON),
        (AUCTION_CLOSE, Session.ATC),
        (DAY_END, Session.PUT_THROUGH),
    ),
    "HNX": (
        (PREPARING, Session.CLOSED),
        (OPENING, Session.PRE_OPEN),
        (LUNCH, Session.MORNING),
        (AFTERNOON, Session.LUNCH),
        (CLOSING_AUCTION, Session.AFTERNOON),
        (AUCTION_CLOSE, Session.ATC),
        (DAY_END, Session.PLO),
    ),
    "UPCOM": (
        (PREPARING, Session.CLOSED),
        (OPENING, Session.PRE_OPEN),
        (LUNCH, Session.MORNING),
        (AFTERNOON, Session.LUNCH),
        (DAY_END, Session.AFTERNOON),
    ),
}
_LAST_TICK = {"HOSE": AUCTION_CLOSE, "HNX": AUCTION_CLOSE, "UPCOM": DAY_END}


def _days(year: int, *month_days: str) -> frozenset[date]:
    return frozenset(date.fromisoformat(f"{year}-{item}") for item in month_days)


# Weekday closures. 2025 and 2026 to August: days without bars; 31 August to 2 September 2026: the
# exchange's notice; 2027: an estimate on which two calendars agree, to be corrected in the admin.
CLOSURES: frozenset[date] = (
    _days(
        2025, "01-01", "01-27", "01-28", "01-29", "01-30", "01-31", "04-07", "04-30", "05-01",
        "05-02", "09-01", "09-02",
    )
    | _days(
        2026, "01-01", "01-02", "02-16", "02-17", "02-18", "02-19", "02-20", "04-27", "04-30",
        "05-01", "08-31", "09-01", "09-02",
    )
    | _days(
        2027, "01-01", "02-05", "02-08", "02-09", "02-10", "04-16", "04-30", "05-03", "09-02",
        "09-03",
    )
)  # fmt: skip

# Days that some calendars call closed and no exchange notice confirms. They count as trading days:
# asking on a holiday costs a few calls, missing a session costs the report.
UNCONFIRMED_CLOSURES: frozenset[date] = _days(2026, "11-24") | _days(
    2027, "02-04", "02-11", "02-12", "11-24"
)


@dataclass(frozen=True, slots=True)
class Calendar:
    """Which days trade: weekdays that are no closure, and the days that an editor opened."""

    closures: frozenset[date] = CLOSURES
    openings: frozenset[date] = frozenset()

    def is_trading_day(self, day: date) -> bool:
        if day in self.openings:
            return True
        return day.weekday() < 5 and day not in self.closures

    def opened_by(self, moments: Iterable[datetime]) -> Calendar:
        """With the days of these readings opened: a reading of a day beats the table."""
        days = {moment.astimezone(VIETNAM).date() for moment in moments}
        unknown = {day for day in days if not self.is_trading_day(day)}
        return replace(self, openings=self.openings | unknown) if unknown else self

    def previous_trading_day(self, day: date) -> date:
        """The last trading day strictly before `day`."""
        return next(item for item in self._walk(day, -1) if self.is_trading_day(item))

    def next_trading_day(self, day: date) -> date:
        """The first trading day strictly after `day`."""
        return next(item for item in self._walk(day, 1) if self.is_trading_day(item))

    def sessions_between(self, first: date, last: date) -> int:
        """How many trading days lie after `first`, up to and including `last`; 0 when none."""
        days = range(1, (last - first).days + 1)
        return sum(self.is_trading_day(first + timedelta(days=step)) for step in days)

    @staticmethod
    def _walk(day: date, direction: int) -> Iterator[date]:
        for step in range(1, 400):
            yield day + timedelta(days=direction * step)
        raise ValueError("no trading day within a year")


def session_at(moment: datetime, exchange: str, calendar: Calendar) -> Session:
    """The phase of the exchange's day at `moment`."""
    local = moment.astimezone(VIETNAM)
    if not calendar.is_trading_day(local.date()):
        return Session.CLOSED if local.weekday() >= 5 else Session.HOLIDAY
    for end, phase in _PHASES[exchange]:
        if local.time() < end:
            return phase
    return Session.CLOSED


def is_open(moment: datetime, exchange: str, calendar: Calendar) -> bool:
    """Whether prices can still change in today's session: from its opening to its last tick.

    The midday break counts as open: the session goes on after it.
    """
    day = moment.astimezone(VIETNAM).date()
    if not calendar.is_trading_day(day):
        return False
    return _at(day, OPENING) <= moment < closing_time(day, exchange)


def is_idle(moment: datetime, calendar: Calendar) -> bool:
    """Whether nothing new can come: from half an hour after UPCoM's close until the opening."""
    local = moment.astimezone(VIETNAM)
    trades = calendar.is_trading_day(local.date())
    return not (trades and OPENING <= local.time() < IDLE_FROM)


def last_session_day(moment: datetime, calendar: Calendar) -> date:
    """The day of the session that is open at `moment`, or of the one before it."""
    local = moment.astimezone(VIETNAM)
    if calendar.is_trading_day(local.date()) and local.time() >= OPENING:
        return local.date()
    return calendar.previous_trading_day(local.date())


def expected_as_of(moment: datetime, exchange: str, calendar: Calendar) -> datetime:
    """The market's own clock at `moment`: the last time at which the index could have moved."""
    day = last_session_day(moment, calendar)
    local = moment.astimezone(VIETNAM)
    if local.date() > day:
        return _at(day, _LAST_TICK[exchange])
    if LUNCH <= local.time() < AFTERNOON:
        return _at(day, LUNCH)
    return min(moment.astimezone(UTC), _at(day, _LAST_TICK[exchange]))


def is_stale(
    as_of: datetime, now: datetime, exchange: str, calendar: Calendar, tolerance: timedelta
) -> bool:
    """Whether a live feed would show something newer than `as_of`.

    In session a reading may be `tolerance` old; outside, it must be of the last session's date at
    or after its closing auction. Where trading stops without an auction, at lunch and at UPCoM's
    close, the last trade came before the bell: a reading within `tolerance` before it is the last.
    """
    expected = expected_as_of(now - tolerance, exchange, calendar)
    return as_of < (expected - tolerance if _ends_trading(expected, exchange) else expected)


def next_session_open(moment: datetime, calendar: Calendar) -> datetime:
    """When trading next begins, strictly after `moment`."""
    local = moment.astimezone(VIETNAM)
    if calendar.is_trading_day(local.date()) and local.time() < OPENING:
        return _at(local.date(), OPENING)
    return _at(calendar.next_trading_day(local.date()), OPENING)


def closing_time(day: date, exchange: str) -> datetime:
    """When the exchange's last index value of `day` is made."""
    return _at(day, _LAST_TICK[exchange])


def _ends_trading(moment: datetime, exchange: str) -> bool:
    """Whether continuous trading stops at that moment, and no auction makes a value of it."""
    hour = moment.astimezone(VIETNAM).time()
    return hour == LUNCH or (hour == DAY_END and _LAST_TICK[exchange] == DAY_END)


def _at(day: date, hour: time) -> datetime:
    return datetime.combine(day, hour, VIETNAM).astimezone(UTC)
