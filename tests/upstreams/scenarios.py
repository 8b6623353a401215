"""The scenarios by name, with what they play and the moment at which they make sense."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scenario:
    """`clock` is a value for MARKETSITE_CLOCK; empty means the present."""

    about: str
    clock: str = ""


AFTER_CLOSE = "2026-08-21T08:10:00Z"
SCENARIOS = {
    "eod": Scenario("the close of 21 August 2026, three day bars", AFTER_CLOSE),
    "long": Scenario("the same close, with a generated year of day bars before it", AFTER_CLOSE),
    "intraday": Scenario("10:21 on that day", "2026-08-21T03:21:30Z"),
    "lunch": Scenario("12:12 on that day: times stand at 11:30", "2026-08-21T05:12:30Z"),
    "partial": Scenario("the close, Vietcap leaves HNX30 out", AFTER_CLOSE),
    "null_price": Scenario("the close, Vietcap has no price for HNX-Index", AFTER_CLOSE),
    "empty": Scenario("every answer is well formed and holds nothing", AFTER_CLOSE),
    "blocked": Scenario("every answer is a refusal", AFTER_CLOSE),
    "down": Scenario("every answer is a 503", AFTER_CLOSE),
    "demo": Scenario("a simulated market that follows the clock, with bars"),
}
