"""The money: estimates, caps that hold across threads and processes, and what comes back."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from pytest_django import Settings

from marketsite import clock
from reports.models import DayBudget, ModelCall, Run, RunBudget
from reports.writing import budget
from reports.writing.budget import Spender, Spent, run_totals, spent_today
from reports.writing.costs import FREE, UNKNOWN, Price, calls_cap, parse_prices, price_of
from reports.writing.pipeline import claim
from reports.writing.runs import ClaimLost
from reports.writing.writers.base import BudgetReached, Prompt, Usage
from tests.conftest import ROOT

MODEL = "toy-1"
# 1 USD per million prompt tokens and 2 per million output tokens: the prompt below is 100 + 400
# tokens, 0.0009 USD.
PROMPT = Prompt("s" * 120, "t" * 180, max_tokens=400, purpose="write trend")
ESTIMATE, PRICE = 500, Decimal("0.0009")


@pytest.fixture(autouse=True)
def prices(settings: Settings) -> None:
    settings.REPORT_PRICES = parse_prices("toy-1=1/2/0.01, local*=free")


def make_run(minute: int = 0) -> Run:
    slot = datetime(2026, 8, 21, 8, minute, tzinfo=UTC)
    return Run.objects.create(slot=slot, trigger="command", heartbeat=slot, created_at=slot)


def reserved(spender: Spender, model: str = MODEL, prompt: Prompt = PROMPT) -> bool:
    try:
        spender.reserve("toy", model, prompt)
    except BudgetReached:
        return False
    return True


# Claims


@pytest.mark.django_db
def test_a_run_that_was_taken_over_spends_nothing_more() -> None:
    run = make_run()
    held = claim(run.pk)
    assert held
    spender = Spender(run.pk, held.owner, held.attempt)
    assert reserved(spender)
    Run.objects.filter(pk=run.pk).update(attempt=2)
    with pytest.raises(ClaimLost):
        spender.reserve("toy", MODEL, PROMPT)
    Run.objects.filter(pk=run.pk).update(attempt=1, state=Run.State.CANCELLED)
    with pytest.raises(ClaimLost):
        spender.reserve("toy", MODEL, PROMPT)
    assert (run_totals(run.pk).calls, spent_today().calls, ModelCall.objects.count()) == (1, 1, 1)


# Prices


@pytest.mark.parametrize(
    ("model", "same"),
    [
        ("gemini-2.5-flash-preview-09-2025", "gemini-2.5-flash"),
        ("models/gemini-2.0-flash-001", "gemini-2.0-flash"),
        ("google/gemini-2.5-pro", "gemini-2.5-pro"),
        ("gpt-4o-2024-08-06", "gpt-4o"),
        ("GPT-5-mini", "gpt-5-mini"),
    ],
)
def test_vendor_and_edition_of_a_model_do_not_change_its_price(model: str, same: str) -> None:
    assert price_of(model, {}) == price_of(same, {}) != UNKNOWN


@pytest.mark.parametrize("model", ["gpt-5-turbo-max", "gpt-9", "llama3.1:8b", "gpt-5-mini:free"])
def test_a_model_that_nobody_named_costs_more_than_the_common_ones(model: str) -> None:
    common = [price_of(name, {}) for name in ("gemini-3.1-pro", "gpt-5.4", "o3")]
    found = price_of(model, {})
    assert found == UNKNOWN
    assert all(found.prompt > price.prompt and found.output > price.output for price in common)


def test_what_the_operator_says_of_a_price_counts_first() -> None:
    given = parse_prices("gpt-4o=1/1, gpt-4*=2/2, gpt-4.1-m*=3/3; *=free")
    found = [price_of(name, given).prompt for name in ("gpt-4o", "gpt-4.1", "gpt-4.1-mini", "phi")]
    assert found == [1, 2, 3, 0]
    assert price_of("o3", given).prompt == 2  # the list's, before the operator's last resort
    as_json = '{"gpt-4o": "1/1", "gpt-4*": [2, 2], "gpt-4.1-m*": "3/3", "*": "free"}'
    assert parse_prices(as_json) == given


@pytest.mark.parametrize(
    "text", ["gpt-4o", "gpt-4o=1", "gpt-4o=1/-2", "gpt-4o=nan/1", "=1/2", "{gpt", '{"a": null}']
)
def test_a_price_that_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"price|name|JSON"):
        parse_prices(text)


def test_a_cost_is_rounded_up_and_a_search_costs_on_top() -> None:
    price = Price(Decimal("0.3"), Decimal("2.5"), Decimal("0.035"))
    assert price.cost(1, 0) == Decimal("0.000001")
    assert price.cost(10_000, 2_000) == Decimal("0.008")
    assert price.cost(10_000, 2_000, searched=True) == Decimal("0.043")
    assert FREE.cost(10**6, 10**6, searched=True) == 0


# One call


@pytest.mark.django_db
def test_a_reservation_counts_the_estimate_and_the_answer_corrects_it() -> None:
    run = make_run()
    spender = Spender(run.pk)
    held = spender.reserve("toy", MODEL, PROMPT)
    assert run_totals(run.pk) == Spent(calls=1, tokens=ESTIMATE, cost=PRICE) == spent_today()
    spender.settle(held, Usage(prompt=90, output=50, thinking=60))
    cost = Decimal("0.00031")  # thinking is billed as output
    real = Spent(1, 200, prompt_tokens=90, output_tokens=50, thinking_tokens=60, cost=cost)
    assert run_totals(run.pk) == real == spent_today()
    spender.settle(held, Usage(prompt=9_000))  # a second word changes nothing
    spender.release(held)
    assert run_totals(run.pk) == real == spent_today()
    call = ModelCall.objects.get()
    assert (call.state, call.tokens, call.cost, call.purpose) == (
        "answered",
        200,
        cost,
        "write trend",
    )


@pytest.mark.django_db
def test_the_estimate_reads_the_schema_too_and_rounds_up() -> None:
    Spender(None).reserve("toy", MODEL, Prompt("s", "t", {"type": "object"}, max_tokens=10))
    assert spent_today().tokens == -(-(2 + len('{"type": "object"}')) // 3) + 10


@pytest.mark.django_db
@pytest.mark.parametrize("usage", [None, Usage()])
def test_an_unknown_usage_keeps_the_estimate(usage: Usage | None) -> None:
    run = make_run()
    spender = Spender(run.pk)
    spender.settle(spender.reserve("toy", MODEL, PROMPT), usage)
    assert run_totals(run.pk) == Spent(calls=1, tokens=ESTIMATE, cost=PRICE)
    assert ModelCall.objects.get().state == ModelCall.State.ESTIMATED


@pytest.mark.django_db
def test_a_call_that_surely_cost_nothing_gives_its_reservation_back_but_stays_a_call() -> None:
    run = make_run()
    spender = Spender(run.pk)
    spender.release(spender.reserve("toy", MODEL, PROMPT))
    assert run_totals(run.pk) == Spent(calls=1) == spent_today()
    assert ModelCall.objects.get().state == ModelCall.State.FREE


@pytest.mark.django_db
def test_an_answer_dearer_than_its_estimate_is_counted_in_full(settings: Settings) -> None:
    settings.REPORT_MAX_COST_PER_DAY = PRICE
    spender = Spender(None)
    spender.settle(spender.reserve("toy", MODEL, PROMPT), Usage(prompt=100, thinking=5_000))
    assert spent_today().cost == Decimal("0.0101")
    assert not reserved(spender)


# Caps


@pytest.mark.django_db
def test_each_cap_says_what_was_reached_and_counts_nothing(settings: Settings) -> None:
    run = make_run()
    settings.REPORT_MAX_CALLS_PER_RUN = 1
    spender = Spender(run.pk)
    spender.reserve("toy", MODEL, PROMPT)
    before = (run_totals(run.pk), spent_today(), ModelCall.objects.count())
    with pytest.raises(
        BudgetReached,
        match=r"^this run has made its 1 calls to models \(REPORT_MAX_CALLS_PER_RUN\)$",
    ):
        spender.reserve("toy", MODEL, PROMPT)
    settings.REPORT_MAX_CALLS_PER_RUN = 9
    settings.REPORT_MAX_TOKENS_PER_RUN = 2 * ESTIMATE - 1
    with pytest.raises(BudgetReached, match=r"cap of 999 tokens.*500 are counted.*may take 500 "):
        spender.reserve("toy", MODEL, PROMPT)
    settings.REPORT_MAX_TOKENS_PER_RUN = 2 * ESTIMATE
    settings.REPORT_MAX_COST_PER_DAY = 2 * PRICE - Decimal("0.000001")
    with pytest.raises(
        BudgetReached, match=r"USD a day.*0\.0009 USD are counted.*may cost 0\.0009"
    ):
        spender.reserve("toy", MODEL, PROMPT)
    assert before == (run_totals(run.pk), spent_today(), ModelCall.objects.count())
    settings.REPORT_MAX_COST_PER_DAY = 2 * PRICE  # a cap may be reached exactly
    assert reserved(spender)


@pytest.mark.django_db
def test_one_runs_cap_is_not_anothers_and_a_dry_run_counts_towards_the_day(
    settings: Settings,
) -> None:
    settings.REPORT_MAX_CALLS_PER_RUN = 1
    first, second = make_run(1), make_run(2)
    assert reserved(Spender(first.pk))
    assert reserved(Spender(second.pk))
    assert reserved(Spender(None))
    assert spent_today().calls == 3
    assert RunBudget.objects.count() == 2


@pytest.mark.django_db
def test_a_model_that_costs_nothing_works_without_money(settings: Settings) -> None:
    settings.REPORT_MAX_COST_PER_DAY = Decimal(0)
    assert reserved(Spender(None), "local-llama")
    assert not reserved(Spender(None))


@pytest.mark.django_db
def test_the_day_is_vietnams_and_a_late_answer_belongs_to_the_day_of_its_call(
    at: object,
) -> None:
    at("2026-08-21T16:59:00Z")  # type: ignore[operator]
    spender = Spender(None)
    held = spender.reserve("toy", MODEL, PROMPT)
    at("2026-08-21T17:01:00Z")  # type: ignore[operator]
    assert spent_today() == Spent()
    spender.reserve("toy", MODEL, PROMPT)
    spender.settle(held, Usage(prompt=100))
    days = dict(DayBudget.objects.values_list("day", "tokens"))
    assert days == {date(2026, 8, 21): 100, date(2026, 8, 22): ESTIMATE}


@pytest.mark.django_db
def test_old_calls_go_and_their_sums_stay(settings: Settings) -> None:
    settings.RUN_RETENTION_DAYS = 30
    run = make_run()
    for _ in range(3):
        Spender(run.pk).reserve("toy", MODEL, PROMPT)
    now = clock.now()
    kept = ModelCall.objects.order_by("pk")[0]
    ModelCall.objects.filter(pk=kept.pk).update(asked_at=now - timedelta(days=29))
    ModelCall.objects.exclude(pk=kept.pk).update(asked_at=now - timedelta(days=31))
    assert budget.prune(now) == 2
    assert list(ModelCall.objects.all()) == [kept]
    assert run_totals(run.pk).calls == 3


def test_the_default_cap_on_calls_is_the_stated_one(settings: Settings) -> None:
    assert calls_cap(budget.MODEL_SECTIONS) == 2 * (7 + 3) + 7 == settings.REPORT_MAX_CALLS_PER_RUN


# Together


@pytest.mark.usefixtures("committed")
def test_threads_never_exceed_a_cap_together(settings: Settings) -> None:
    settings.REPORT_MAX_COST_PER_DAY = 10 * PRICE
    settings.REPORT_MAX_TOKENS_PER_RUN = 4 * ESTIMATE
    runs = [make_run(minute) for minute in range(4)]

    def spend(number: int) -> int:
        try:
            return sum(reserved(Spender(runs[number % 4].pk)) for _ in range(4))
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as threads:
        granted = sum(threads.map(spend, range(8)))
    assert granted == 10  # of 32 asked for, where the runs alone would have allowed 16
    assert spent_today() == Spent(calls=10, tokens=10 * ESTIMATE, cost=10 * PRICE)
    sums = RunBudget.objects.values_list("calls", "tokens")
    assert sum(calls for calls, _ in sums) == 10
    assert all(tokens <= 4 * ESTIMATE for _, tokens in sums)


SPENDER = """
import sys
import django
django.setup()
from reports.writing.budget import Spender
from reports.writing.writers.base import BudgetReached, Prompt
print("ready", flush=True)
sys.stdin.readline()
granted = 0
try:
    while True:
        prompt = Prompt("s" * 120, "t" * 180, max_tokens=400)
        Spender(int(sys.argv[1])).reserve("toy", "toy-1", prompt)
        granted += 1
except BudgetReached as error:
    print(granted, error, flush=True)
"""


def start_spender(run: Run, environment: dict[str, str]) -> subprocess.Popen[str]:
    """A process that waits for a line, then reserves calls until it may not."""
    variables = {
        "DJANGO_SETTINGS_MODULE": "marketsite.settings",
        "REPORT_PRICES": "toy-1=1/2",
        "REPORT_MAX_CALLS_PER_RUN": "40",
        "REPORT_MAX_COST_PER_DAY": "0.0279",  # 31 calls
    }
    process = subprocess.Popen(
        [sys.executable, "-c", SPENDER, str(run.pk)],
        cwd=ROOT,
        env=environment | variables,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    assert process.stdout.readline() == "ready\n"
    return process


def test_processes_never_exceed_a_cap_together_and_a_killed_one_has_paid(
    environment: dict[str, str],
) -> None:
    run = make_run()
    Spender(run.pk).reserve("toy", MODEL, PROMPT)  # whose process died before it could settle
    started = [start_spender(run, environment) for _ in range(2)]
    for process in started:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    granted = [process.communicate()[0].split(" ", 1) for process in started]
    assert sum(int(count) for count, _ in granted) == 30
    assert all("the cap of 0.03 USD a day is reached" in reason for _, reason in granted)
    assert run_totals(run.pk) == Spent(calls=31, tokens=31 * ESTIMATE, cost=31 * PRICE)
