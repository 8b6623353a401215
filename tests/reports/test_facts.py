"""The sheet of facts: what is observed, what is derived, and what is named as missing."""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest

from market.sessions import Calendar
from reports import facts
from reports.analysis import BarInput, CryptoInput, IndexInput, MarketData, build_facts
from reports.facts import FACT_NAMES, FactSheet
from reports.publishing import labels

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
KEYS = ("vnindex", "vn30", "hnxindex", "hnx30", "upcomindex")
VENDOR_NAMES = ("VNINDEX", "VN30", "HNXIndex", "HNX30", "HNXUpcomIndex")
EXCHANGES = ("HOSE", "HOSE", "HNX", "HNX", "UPCOM")
SESSION_DAY = date(2026, 8, 21)
AFTER_CLOSE = datetime(2026, 8, 21, 8, 10, tzinfo=UTC)
CALENDAR = Calendar()


def end_of_day() -> tuple[IndexInput, ...]:
    """The five indices of 21 August 2026, as Vietcap's list gave them after the close."""
    path = FIXTURES / "vietcap" / "marketindex_getlist_ok_eod.json"
    rows = {row["symbol"]: row for row in json.loads(path.read_text(), parse_float=Decimal)}
    return tuple(
        IndexInput(
            code=key.upper(),
            key=key,
            exchange=exchange,
            price=Decimal(row["price"]),
            previous_close=Decimal(row["refPrice"]),
            volume=row["totalShares"],
            value=int(Decimal(row["totalValue"]) * 10**6),
            advances=row["totalStockIncrease"],
            declines=row["totalStockDecline"],
            unchanged=row["totalStockNoChange"],
            ceilings=row["totalStockCeiling"],
            floors=row["totalStockFloor"],
            as_of=datetime.fromisoformat(row["time"].replace("Z", "+00:00")),
            source="vietcap",
        )
        for key, exchange, row in (
            (key, exchange, rows[name])
            for key, exchange, name in zip(KEYS, EXCHANGES, VENDOR_NAMES, strict=True)
        )
    )


def history(index: IndexInput, count: int = 260) -> list[BarInput]:
    """A random walk of day bars that ends at the previous close, the same on every run."""
    chance = random.Random(index.code)  # noqa: S311
    close, day = float(index.previous_close or 0), SESSION_DAY
    bars = []
    for _ in range(count):
        day = CALENDAR.previous_trading_day(day)
        high, low = close * (1 + chance.random() / 90), close * (1 - chance.random() / 90)
        top, bottom, last = (Decimal(str(round(value, 2))) for value in (high, low, close))
        bars.append(BarInput(day, top, bottom, last, chance.randint(5, 9) * 10**8, "vietcap"))
        close /= 1 + chance.gauss(0.0005, 0.011)
    return bars[::-1]


def market(
    indices: Sequence[IndexInput] | None = None,
    count: int = 260,
    now: datetime = AFTER_CLOSE,
    simulated: bool = False,
) -> MarketData:
    """A market with `count` bars for each index that has a price."""
    chosen = tuple(end_of_day() if indices is None else indices)
    bars = {index.code: history(index, count) for index in chosen if index.price}
    return MarketData(chosen, bars, now, simulated, CALENDAR)


def sheet(count: int = 260) -> FactSheet:
    return build_facts(market(count=count))


def test_the_observed_figures_are_those_of_the_source() -> None:
    close = sheet().facts["vnindex.close"]
    assert (close.value, close.unit, close.kind) == (Decimal("1768.12"), "points", "observed")
    assert (close.source, close.agreement) == ("vietcap", "single")
    assert close.as_of == datetime(2026, 8, 21, 7, 45, 59, 999000, tzinfo=UTC)
    assert sheet().value("vnindex.value") == 23412880517310


def test_change_is_computed_from_price_and_previous_close() -> None:
    change, percent = (sheet().facts[f"vnindex.{name}"] for name in ("change", "change_percent"))
    assert change.value == Decimal("33.88")
    assert round(percent.value, 4) == Decimal("1.9536")
    assert percent.kind == "derived"
    assert percent.basis == ("vnindex.close", "vnindex.previous_close")


def test_every_derived_fact_names_its_method_and_facts_that_exist() -> None:
    found = sheet()
    derived = [fact for fact in found.facts.values() if fact.kind == "derived"]
    assert len(derived) > 100
    for fact in derived:
        assert fact.method, fact.key
        assert set(fact.basis) <= found.facts.keys(), fact.key


def test_every_fact_has_a_place_in_the_order_and_a_name_in_both_languages() -> None:
    for key in sheet().facts:
        name = key.partition(".")[2]
        assert name in FACT_NAMES
        for language in ("vi", "en"):
            said = labels.fact_name(key, language)
            assert said
            assert "_" not in said


def test_an_average_ends_with_the_quote_and_leaves_out_the_bar_of_its_day() -> None:
    data = market()
    index = data.indices[0]
    today = BarInput(SESSION_DAY, Decimal(9), Decimal(9), Decimal(9), 1, "vietcap")
    with_today = replace(data, bars={index.code: [*data.bars[index.code], today]})
    closes = [bar.close for bar in data.bars[index.code][-19:]] + [Decimal("1768.12")]
    assert build_facts(with_today).value("vnindex.sma20") == sum(closes) / 20


@pytest.mark.parametrize(("count", "known"), [(18, False), (19, True)])
def test_an_average_needs_as_many_sessions_as_its_name_says(count: int, known: bool) -> None:
    found = sheet(count)
    assert ("vnindex.sma20" in found.facts) is known
    assert "vnindex.sma50" not in found.facts
    missing = {gap.detail for gap in found.gaps if gap.reason == "history_too_short"}
    assert {"50", "200"} <= missing
    assert ("20" in missing) is not known


def test_no_year_high_comes_from_less_than_a_year() -> None:
    assert "vnindex.high_52w" not in sheet(200).facts
    assert "vnindex.high_52w" in sheet(260).facts


@pytest.mark.parametrize(("left_out", "known"), [(4, True), (5, False)])
def test_bars_over_five_sessions_old_give_no_trend(left_out: int, known: bool) -> None:
    data = market()
    bars = {code: list(rows)[: len(rows) - left_out] for code, rows in data.bars.items()}
    found = build_facts(replace(data, bars=bars))
    assert ("vnindex.sma20" in found.facts) is known
    assert ("vnindex" in found.series) is known
    assert ("history_too_old" in {gap.reason for gap in found.gaps}) is not known
    assert "vnindex.change" in found.facts


def test_a_history_that_ends_in_2023_says_so_for_a_session_of_2026() -> None:
    path = FIXTURES / "history" / "VNINDEX_daily_2015_2023_MIT.csv"
    with path.open(newline="") as file:
        rows = [
            {name.strip().lower(): cell for name, cell in row.items()}
            for row in csv.DictReader(file)
        ]
    bars = [
        BarInput(
            day=datetime.fromisoformat(row["time"]).date(),
            high=Decimal(row["high"]),
            low=Decimal(row["low"]),
            close=Decimal(row["close"]),
            volume=None,
            source="csv",
        )
        for row in rows
    ]
    bars.sort(key=lambda bar: bar.day)
    found = build_facts(replace(market(), bars={"VNINDEX": bars}))
    gap = next(gap for gap in found.gaps if gap.index == "vnindex")
    assert (gap.reason, gap.day) == ("history_too_old", bars[-1].day)
    assert not [key for key in found.facts if key.startswith("vnindex.sma")]


def test_an_index_without_a_price_is_a_gap_and_costs_no_other_index() -> None:
    indices = [replace(end_of_day()[0], price=None, error="403"), *end_of_day()[1:]]
    found = build_facts(market(indices))
    assert [state.known for state in found.indices] == [False, True, True, True, True]
    assert [(gap.index, gap.reason) for gap in found.gaps] == [("vnindex", "unknown")]
    assert not [key for key in found.facts if key.startswith("vnindex.")]
    assert "vn30.sma200" in found.facts


def test_what_a_source_lacks_is_absent_and_never_zero() -> None:
    found = build_facts(market([replace(end_of_day()[0], volume=None, advances=None)]))
    assert {"vnindex.volume", "vnindex.advances", "vnindex.open"}.isdisjoint(found.facts)


def test_levels_lie_on_their_side_and_are_one_of_the_named_levels() -> None:
    found = sheet()
    for key in KEYS:
        close = found.facts[f"{key}.close"].value
        for side, sign in (("support", -1), ("resistance", 1)):
            if level := found.facts.get(f"{key}.{side}"):
                assert (level.value - close) * sign > 0
                assert level.value == found.facts[level.basis[1]].value


@pytest.mark.parametrize(
    ("price", "below", "above"),
    [("1768.12", 1750, 1800), ("1752.10", 1700, 1800), ("284.07", 280, 285), ("99.6", 99, 100)],
)
def test_round_marks_are_the_next_ones_that_a_quiet_day_would_not_cross(
    price: str, below: int, above: int
) -> None:
    index = replace(end_of_day()[0], price=Decimal(price), previous_close=Decimal(price))
    found = build_facts(market([index])).facts
    assert found["vnindex.round_below"].value == below
    assert found["vnindex.round_above"].value == above


def test_probabilities_are_whole_and_sum_to_a_hundred() -> None:
    found = sheet()
    chances = [found.value(f"vnindex.{name}") for name in ("p_above", "p_between", "p_below")]
    assert all(chance is not None and chance == int(chance) and chance >= 0 for chance in chances)
    assert sum(chance for chance in chances if chance is not None) == 100


def test_a_chance_is_the_share_of_past_five_session_moves_that_went_that_far() -> None:
    data, found = market(), sheet()
    close, support, resistance = (
        found.facts[f"vnindex.{name}"].value for name in ("close", "support", "resistance")
    )
    closes = [*(bar.close for bar in data.bars["VNINDEX"]), close][-255:]
    pairs = list(zip(closes, closes[5:], strict=False))
    above = sum(after * close > before * resistance for before, after in pairs)
    below = sum(after * close < before * support for before, after in pairs)
    assert 0 < above < len(pairs) - below
    for name, count in (("p_above", above), ("p_below", below)):
        exact = Decimal(count) * 100 / len(pairs)
        assert abs(found.facts[f"vnindex.{name}"].value - exact) < 1


def test_the_chart_keeps_120_sessions_and_ends_with_the_quote() -> None:
    series = sheet().series["vnindex"]
    assert len(series.days) == len(series.closes) == len(series.averages) == 120
    assert (series.days[-1], series.closes[-1]) == (SESSION_DAY, Decimal("1768.12"))
    assert series.averages[-1] == sheet().value("vnindex.sma20")


def test_the_calendar_names_the_next_session_and_the_holidays_of_two_weeks() -> None:
    found = sheet()
    assert found.next_session == date(2026, 8, 24)
    assert found.holidays == (date(2026, 8, 31), date(2026, 9, 1), date(2026, 9, 2))


def test_json_gives_the_same_sheet_back() -> None:
    indices = [replace(end_of_day()[0], price=None), *end_of_day()[1:]]
    for found in (sheet(), sheet(12), build_facts(market(indices, simulated=True))):
        text = json.dumps(facts.to_json(found), allow_nan=False)
        assert facts.from_json(json.loads(text)) == found


def test_large_and_small_values_survive_json_without_rounding() -> None:
    index = replace(end_of_day()[0], price=Decimal("0.000001"), value=10**18 + 1)
    found = build_facts(replace(market([index]), bars={}))
    back = facts.from_json(json.loads(json.dumps(facts.to_json(found))))
    assert back.value("vnindex.close") == Decimal("0.000001")
    assert back.value("vnindex.value") == 10**18 + 1


def test_data_time_is_that_of_the_newest_figure() -> None:
    newest = end_of_day()[1]
    older = replace(end_of_day()[0], as_of=AFTER_CLOSE - timedelta(days=1), stale=True)
    assert build_facts(market([older, newest])).data_as_of == newest.as_of
    assert build_facts(market([])).data_as_of is None


# What a report compares: indices with each other, coins, the report before


def overview(age: timedelta = timedelta(minutes=2), **figures: str) -> CryptoInput:
    known = {
        "btc_price_usd": "115140",
        "btc_change_24h": "1.2",
        "eth_change_24h": "-0.4",
        **figures,
    }
    values = {name: Decimal(value) for name, value in known.items()}
    sources = dict.fromkeys(values, "binance")
    return CryptoInput(AFTER_CLOSE - age, values, sources, {"fng_value": "alternative_me: 502"})


def test_the_overview_becomes_facts_with_unit_time_and_source() -> None:
    found = build_facts(replace(market(), crypto=overview(market_cap_usd="3972000000000"))).facts
    price, cap = found["btc.price"], found["crypto.market_cap"]
    assert (price.value, price.unit, price.source) == (Decimal(115140), "usd", "binance")
    assert price.as_of == AFTER_CLOSE - timedelta(minutes=2)
    assert [labels.written(price, language) for language in ("vi", "en")] == [
        "115.140\u00a0USD",
        "$115,140",
    ]
    assert labels.written(cap, "en") == "$3.97\u00a0trillion"
    assert (found["crypto.advances"].value, found["crypto.declines"].value) == (1, 1)
    assert found["crypto.coins"].value == 2


def test_what_the_overview_lacks_is_a_gap_with_its_reason_and_never_zero() -> None:
    found = build_facts(replace(market(), crypto=overview()))
    assert "crypto.fear_greed" not in found.facts
    gaps = {gap.index: gap.detail for gap in found.gaps if gap.reason == "unknown"}
    assert gaps["crypto.fear_greed"] == "alternative_me: 502"
    assert "btc.price" not in gaps


def test_an_overview_of_hours_ago_gives_no_facts_but_says_so() -> None:
    found = build_facts(replace(market(), crypto=overview(age=timedelta(hours=4))))
    assert not [key for key in found.facts if key.startswith(("btc.", "crypto."))]
    assert ("crypto", "stale") in {(gap.index, gap.reason) for gap in found.gaps}


def test_coins_that_trade_on_do_not_make_the_index_figures_newer() -> None:
    later = replace(market(now=AFTER_CLOSE + timedelta(hours=5)), crypto=overview())
    crypto = replace(overview(), as_of=AFTER_CLOSE + timedelta(hours=5))
    assert build_facts(replace(later, crypto=crypto)).data_as_of == end_of_day()[0].as_of


def test_each_index_is_held_against_the_first() -> None:
    found = sheet()
    ahead = found.facts["vn30.vs_lead"]
    moves = [found.facts[f"{key}.change_percent"].value for key in ("vn30", "vnindex")]
    assert ahead.value == moves[0] - moves[1]
    assert ahead.unit == "percentage_points"
    correlation = found.value("vn30.correlation20")
    assert correlation is not None
    assert -1 <= correlation <= 1
    assert "vnindex.vs_lead" not in found.facts


def test_streaks_and_records_agree_with_the_closes() -> None:
    data, found = market(), sheet()
    closes = [bar.close for bar in data.bars["VNINDEX"]] + [Decimal("1768.12")]
    highest = found.value("vnindex.sessions_highest")
    if highest is not None:
        assert max(closes[-int(highest) :]) == closes[-1]
    gain = int(found.facts["vnindex.sessions_biggest_gain"].value)
    moves = [(b - a) / a for a, b in pairwise(closes)]
    assert max(moves[-gain:]) == moves[-1]
    assert gain == len(moves) or moves[-gain - 1] >= moves[-1]


def test_a_missing_session_before_the_quote_leaves_no_streak_record_or_crossing() -> None:
    data = market()
    bars = {code: list(rows)[:-1] for code, rows in data.bars.items()}
    keys = build_facts(replace(data, bars=bars)).facts.keys()
    names = {key.partition(".")[2] for key in keys}
    assert "sma20" in names
    assert not [name for name in names if name.startswith(("sessions_", "streak_", "before_"))]
    assert "round_crossed" not in names


def test_the_way_since_the_last_report_is_derived_from_what_it_said() -> None:
    data = replace(market(), crypto=overview())
    earlier = replace(
        data,
        indices=tuple(
            replace(index, price=Decimal(1750), as_of=AFTER_CLOSE - timedelta(hours=2))
            if index.key == "vnindex"
            else index
            for index in data.indices
        ),
        crypto=overview(age=timedelta(hours=1), btc_price_usd="112000"),
    )
    previous = build_facts(earlier)
    found = build_facts(replace(data, previous=previous)).facts
    then, moved = found["vnindex.report_close"], found["vnindex.since_report"]
    assert (then.value, then.as_of) == (Decimal(1750), AFTER_CLOSE - timedelta(hours=2))
    assert moved.value == Decimal("18.12")
    assert moved.basis == ("vnindex.close", "vnindex.report_close")
    assert found["btc.since_report_percent"].value == round(Decimal(3140) * 100 / 112000, 6)
    assert found["vnindex.report_support"].value == previous.value("vnindex.support")
    assert "vn30.since_report" not in found, "the same reading is no news"


def test_sessions_are_counted_on_without_a_gap() -> None:
    friday, monday = market(), market(now=AFTER_CLOSE + timedelta(days=3))
    saturday = market(now=AFTER_CLOSE + timedelta(days=1))
    first, weekend, next_one = (
        build_facts(data).session_number for data in (friday, saturday, monday)
    )
    assert (weekend, next_one) == (first, first + 1)


def test_every_fact_of_a_full_market_has_a_name_a_method_and_a_place() -> None:
    data = replace(market(), crypto=overview(fng_value="54", btc_rsi_14="51"))
    earlier = build_facts(replace(data, now=data.now))
    stale = {
        key: fact._replace(as_of=fact.as_of - timedelta(days=1))
        for key, fact in earlier.facts.items()
    }
    found = build_facts(replace(data, previous=replace(earlier, facts=stale)))
    assert {"vnindex.since_report", "btc.report_price"} <= found.facts.keys()
    for key, fact in found.facts.items():
        assert key.partition(".")[2] in FACT_NAMES
        assert key.partition(".")[0] in found.subjects
        assert set(fact.basis) <= found.facts.keys(), key
        for language in ("vi", "en"):
            assert "_" not in labels.fact_name(key, language)
            if fact.method:
                assert labels.method(fact.method, language), fact.method
