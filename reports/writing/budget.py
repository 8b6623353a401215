"""The money: every call to a model is counted before it is made, and corrected by its answer.

A reservation is a conditional upsert of the run's row and of the day's, in one statement:
`spent + wanted <= cap` is decided by PostgreSQL on the locked row, so any number of processes stay
under a cap together. What a killed process had reserved stays counted, which is the safe side.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.conf import settings

from market.sessions import VIETNAM
from marketsite import clock
from reports.models import DayBudget, ModelCall, RunBudget
from reports.writing.costs import MODEL_SECTIONS, Price, calls_cap, price_of
from reports.writing.runs import ClaimLost
from reports.writing.statements import CLOSE, GIVE_BACK, TAKE, changed_by, rows_of
from reports.writing.writers.base import BudgetReached, Prompt, Usage

__all__ = [
    "MODEL_SECTIONS",
    "Reservation",
    "Spender",
    "Spent",
    "calls_cap",
    "prune",
    "run_totals",
    "share_of_day",
    "spent_today",
]

CHARACTERS_PER_TOKEN = 3  # fewer than Vietnamese has in today's models: the estimate errs upwards
SUMS = ("calls", "tokens", "prompt_tokens", "output_tokens", "thinking_tokens", "cost")
BATCH = 5000


@dataclass(frozen=True, slots=True)
class Reservation:
    """A call that may be made, with what was counted for it."""

    call_id: int
    tokens: int
    cost: Decimal
    price: Price
    searched: bool


@dataclass(frozen=True, slots=True)
class Spent:
    """Sums over calls; `tokens` and `cost` (US dollars) are what counts against the caps."""

    calls: int = 0
    tokens: int = 0
    prompt_tokens: int = 0
    output_tokens: int = 0
    thinking_tokens: int = 0
    cost: Decimal = Decimal(0)


class Spender:
    """The budget of one run, or of a dry run (None), which counts towards the day alone.

    Given a claim's owner and attempt, it spends nothing once the run is no longer theirs.
    """

    def __init__(self, run_id: int | None, owner: str = "", attempt: int = 0) -> None:
        self.run_id = run_id
        self._owner = owner
        self._attempt = attempt

    def reserve(self, writer: str, model: str, prompt: Prompt) -> Reservation:
        """Count a call with its estimated tokens and cost; raises BudgetReached or ClaimLost, and
        then counts nothing.

        Commits at once, so that a process which dies in the call has paid for it: never call it
        inside a transaction. A call that the run has room for and the day has not is taken off the
        run again.
        """
        price = price_of(model, settings.REPORT_PRICES)
        asked = _prompt_tokens(prompt)
        tokens = asked + prompt.max_tokens
        cost = price.cost(asked, prompt.max_tokens, prompt.search)
        now = clock.now()
        day = _day(now)
        ((call_id, fits_run, is_ours),) = rows_of(
            TAKE,
            run=self.run_id,
            owner=self._owner,
            attempt=self._attempt,
            day=day,
            writer=writer,
            model=model[:120],
            purpose=prompt.purpose[:80],
            searched=prompt.search,
            tokens=tokens,
            cost=cost,
            now=now,
            calls_most=settings.REPORT_MAX_CALLS_PER_RUN,
            tokens_most=settings.REPORT_MAX_TOKENS_PER_RUN,
            cap=settings.REPORT_MAX_COST_PER_DAY,
        )
        if not is_ours:
            raise ClaimLost
        if self.run_id is not None and not fits_run:
            raise _run_is_full(self.run_id, tokens)
        if call_id is None:
            changed_by(GIVE_BACK, run=self.run_id, tokens=tokens, cost=cost)
            raise _day_is_full(day, cost)
        return Reservation(call_id, tokens, cost, price, prompt.search)

    def settle(self, reservation: Reservation, usage: Usage | None) -> None:
        """Replace the estimate by what the call really took; an unknown usage keeps it.

        The first word on a reservation is the last: settling it again changes nothing.
        """
        held = reservation
        if usage is None or usage == Usage():
            _close(held, ModelCall.State.ESTIMATED, held.tokens, held.cost, Usage())
            return
        generated = usage.output + usage.thinking
        cost = held.price.cost(usage.prompt, generated, held.searched)
        _close(held, ModelCall.State.ANSWERED, usage.prompt + generated, cost, usage)

    def release(self, reservation: Reservation) -> None:
        """Give tokens and cost back, for a call that surely cost nothing: it never reached the
        model, or was refused before it. As a call it stays counted.
        """
        _close(reservation, ModelCall.State.FREE, 0, Decimal(0), Usage())


def spent_today() -> Spent:
    """What today's calls took; the day is Vietnam's."""
    row = DayBudget.objects.filter(day=_day(clock.now())).values(*SUMS).first()
    return Spent(**row) if row else Spent()


def run_totals(run_id: int) -> Spent:
    """What the calls of a run took so far."""
    row = RunBudget.objects.filter(run_id=run_id).values(*SUMS).first()
    return Spent(**row) if row else Spent()


def share_of_day(cost: Decimal) -> int:
    """How much of a day's cap such a cost is, in whole percent."""
    cap = settings.REPORT_MAX_COST_PER_DAY
    if not cap:
        return 100 if cost else 0
    return int(cost * 100 / cap)


def prune(now: datetime) -> int:
    """Delete single calls older than `RUN_RETENTION_DAYS`; the sums of days and runs stay.

    Returns how many went.
    """
    old = ModelCall.objects.filter(asked_at__lt=now - timedelta(days=settings.RUN_RETENTION_DAYS))
    total = 0
    while True:
        deleted, _ = ModelCall.objects.filter(pk__in=old.order_by()[:BATCH].values("pk")).delete()
        total += deleted
        if deleted < BATCH:
            return total


def _prompt_tokens(prompt: Prompt) -> int:
    """The estimate, rounded up; a schema is read by the model too."""
    schema = json.dumps(prompt.schema, ensure_ascii=False) if prompt.schema else ""
    characters = len(prompt.system) + len(prompt.text) + len(schema)
    return -(-characters // CHARACTERS_PER_TOKEN)


def _run_is_full(run_id: int, tokens: int) -> BudgetReached:
    calls_most, tokens_most = settings.REPORT_MAX_CALLS_PER_RUN, settings.REPORT_MAX_TOKENS_PER_RUN
    spent = run_totals(run_id)
    if spent.calls >= calls_most:
        return BudgetReached(
            f"this run has made its {calls_most} calls to models (REPORT_MAX_CALLS_PER_RUN)"
        )
    return BudgetReached(
        f"this run's cap of {tokens_most:,} tokens is reached: {spent.tokens:,} are counted, "
        f"and the next call may take {tokens:,} (REPORT_MAX_TOKENS_PER_RUN)"
    )


def _day_is_full(day: date, cost: Decimal) -> BudgetReached:
    cap = settings.REPORT_MAX_COST_PER_DAY
    spent = DayBudget.objects.filter(day=day).values_list("cost", flat=True).first() or Decimal(0)
    return BudgetReached(
        f"the cap of {cap:.2f} USD a day is reached: {spent:.4f} USD are counted for {day}, "
        f"and the next call may cost {cost:.4f} USD (REPORT_MAX_COST_PER_DAY)"
    )


def _close(
    reservation: Reservation, state: ModelCall.State, tokens: int, cost: Decimal, used: Usage
) -> None:
    """Write down how a call ended, and correct the sums by what it differs from its estimate."""
    changed_by(
        CLOSE,
        call=reservation.call_id,
        state=state.value,
        now=clock.now(),
        tokens=tokens,
        cost=cost,
        tokens_more=tokens - reservation.tokens,
        cost_more=cost - reservation.cost,
        prompt=used.prompt,
        output=used.output,
        thinking=used.thinking,
    )


def _day(moment: datetime) -> date:
    return moment.astimezone(VIETNAM).date()
