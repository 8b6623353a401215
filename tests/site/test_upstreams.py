"""The test upstreams speak the vendors' protocols and do as they are told."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import requests

from market.sessions import VIETNAM
from market.sources import SOURCES
from marketsite import clock
from tests.upstreams import Reply, Upstreams
from tests.upstreams.scenarios import SCENARIOS

ROOT = Path(__file__).resolve().parent.parent.parent
SAMPLES = ROOT / "tests" / "fixtures"
SYMBOLS = ["VNINDEX", "VN30", "HNXIndex", "HNX30", "HNXUpcomIndex"]
LIST = "/api/price/marketIndex/getList"
CHART = "/api/chart/OHLCChart/gap-chart"
PRICES = "/v4/vnmarket_prices"
SETTINGS = {
    *(f"{name.upper()}_BASE_URL" for name in SOURCES),
    "GEMINI_BASE_URL",
    "OPENAI_BASE_URL",
    "RESEARCH_FEEDS",
    "RESEARCH_ALLOW_PRIVATE",
}
CLOSE = 1787299800  # 15:10 on 21 August 2026 in Vietnam


@pytest.fixture
def up() -> Iterator[Upstreams]:
    with Upstreams() as running:
        yield running


def post(up: Upstreams, path: str, body: Any) -> requests.Response:
    return requests.post(f"{up.url}{path}", json=body, timeout=10)


def get(up: Upstreams, path: str) -> requests.Response:
    return requests.get(f"{up.url}{path}", timeout=10)


def listed(up: Upstreams, symbols: list[str]) -> list[str]:
    return [row["symbol"] for row in post(up, LIST, {"symbols": symbols}).json()]


def charted(up: Upstreams, **changes: Any) -> Any:
    body = {"timeFrame": "ONE_DAY", "symbols": SYMBOLS, "to": CLOSE, "countBack": 500}
    return post(up, CHART, body | changes).json()


def sample(path: str) -> Any:
    return json.loads((SAMPLES / path).read_text())


def test_the_close_is_replayed_as_recorded(up: Upstreams) -> None:
    rows = post(up, LIST, {"symbols": SYMBOLS}).json()
    assert rows == sample("vietcap/marketindex_getlist_ok_eod.json")
    assert charted(up) == sample("vietcap/gap_chart_ok_1d.json")
    query = "q=code:VNINDEX,VN30,HNX,HNX30,UPCOM~date:2026-08-21&size=20"
    assert get(up, f"{PRICES}?{query}").json() == sample("vndirect/vnmarket_prices_ok.json")


def test_vietcap_answers_the_asked_symbols_in_its_own_spelling_alone(up: Upstreams) -> None:
    assert listed(up, ["VN30", "HNXUpcomIndex"]) == ["VN30", "HNXUpcomIndex"]
    assert listed(up, ["VNIndex", "HNXINDEX", "UPCOMINDEX"]) == []


@pytest.mark.parametrize("body", [None, [], {}, {"symbols": "VNINDEX"}])
def test_vietcap_refuses_a_list_without_symbols(up: Upstreams, body: Any) -> None:
    assert post(up, LIST, body).status_code == 400


def test_a_chart_is_cut_to_its_count_and_its_end(up: Upstreams) -> None:
    (row,) = charted(up, symbols=["VN30"], countBack=2)
    assert row["t"] == ["1787184000", "1787270400"]
    assert [len(row[name]) for name in "ohlcv"] == [2] * 5
    assert row["minBatchTruncTime"] == "1787184000"
    (row,) = charted(up, symbols=["VN30"], to=1787270399)
    assert row["c"] == [1890.44, 1887.06]


@pytest.mark.parametrize(
    "changes",
    [{"symbols": ["VnIndex"]}, {"timeFrame": "ONE_YEAR"}, {"timeFrame": "1D"}, {"to": 1000}],
)
def test_an_unknown_chart_is_an_empty_list(up: Upstreams, changes: dict[str, Any]) -> None:
    assert charted(up, **changes) == []


def test_minutes_are_charted_too(up: Upstreams) -> None:
    assert charted(up, timeFrame="ONE_MINUTE") == sample("vietcap/gap_chart_ok_1m.json")


@pytest.mark.parametrize("changes", [{"to": "now"}, {"countBack": 0}, {"countBack": None}])
def test_a_chart_needs_its_end_and_its_count(up: Upstreams, changes: dict[str, Any]) -> None:
    assert charted(up, **changes) == {"status": 400, "error": "Bad Request"}


def test_the_long_scenario_has_a_year_of_bars_that_joins_the_sample() -> None:
    with Upstreams("long") as up:
        rows = {row["symbol"]: row for row in charted(up)}
        prices = {row["symbol"]: row for row in post(up, LIST, {"symbols": SYMBOLS}).json()}
        again = charted(up)
    assert sorted(rows) == sorted(SYMBOLS)
    assert again == list(rows.values())
    for symbol, row in rows.items():
        assert len(row["t"]) == 300
        assert (row["c"][-1], row["c"][-2]) == (
            prices[symbol]["price"],
            prices[symbol]["refPrice"],
        )
        bars = zip(row["o"], row["h"], row["l"], row["c"], strict=True)
        assert all(low <= min(o, c) and max(o, c) <= high for o, high, low, c in bars)
        moves = [abs(b / a - 1) for a, b in pairwise(row["c"])]
        assert max(moves) < 0.03
    for part in sample("vietcap/gap_chart_ok_1d.json"):
        assert all(rows[part["symbol"]][name][-3:] == part[name] for name in "ohlcvt")


@pytest.mark.parametrize(
    ("query", "codes"),
    [
        ("code:VN30~date:2026-08-21", ["VN30"]),
        ("code:HNXINDEX,UPCOMINDEX~date:2026-08-21", []),
        ("code:VN30~date:2026-08-22", []),
        ("code:vn30~date:2026-08-21", []),
    ],
)
def test_vndirect_filters_by_code_and_date(up: Upstreams, query: str, codes: list[str]) -> None:
    answer = get(up, f"{PRICES}?q={query}&size=20").json()
    assert [row["code"] for row in answer["data"]] == codes
    assert answer["totalElements"] == len(codes)
    if not codes:
        assert answer == sample("vndirect/vnmarket_prices_empty.json")


KBS = "/iis-server/investment/index"
WINDOW = "sdate=19-08-2026&edate=21-08-2026"
DNSE = "/chart-api/v2/ohlcs/index?symbol=HNX&from=1787000000&to=1787299800"
DCHART = "/dchart/history?symbol=VNINDEX&from=1787000000&to=1787299800"
OTHER_CALLS = [
    f"{KBS}/VN30/data_day?{WINDOW}",
    f"{KBS}/VN30/data_1P?{WINDOW}",
    f"{DNSE}&resolution=1D",
    f"{DNSE}&resolution=1",
    f"{DCHART}&resolution=D",
    "/stockhandler.ashx?index=true",
    '/api/v3/ticker/24hr?symbols=["BTCUSDT"]',
    "/api/v3/klines?symbol=ETHUSDT&interval=1d&limit=100",
    "/coingecko/global",
    "/coingecko/simple/price?ids=bitcoin&vs_currencies=usd",
    "/coinpaprika/global",
    "/coinpaprika/tickers/eth-ethereum",
    "/fng/?limit=2",
]
REFUSALS = {402, 403, 429, 451}


@pytest.mark.parametrize("path", OTHER_CALLS)
def test_each_scenario_answers_each_other_call(up: Upstreams, path: str) -> None:
    for scenario in SCENARIOS:
        up.scenario = scenario
        status = get(up, path).status_code
        expected = {"blocked": REFUSALS, "down": {502, 503}}.get(scenario, {200})
        assert status in expected
    assert "unknown" not in {call.name for call in up.calls}


def test_other_vendors_speak_as_recorded(up: Upstreams) -> None:
    assert get(up, "/stockhandler.ashx?index=true").json() == sample(
        "cafef/stockhandler_index_true_ok.json"
    )
    recorded = sample("vndirect/dchart_history_ok_D.json")
    assert get(up, f"{DCHART}&resolution=D").json() == recorded
    rows = get(up, f"{KBS}/VNINDEX/data_day?{WINDOW}").json()["data_day"]
    newest, *older = sample("kbs/index_data_day_ok.json")["data_day"]
    assert rows[0] | {"l": newest["l"]} == newest  # which writes 1725.40
    assert [row["c"] for row in rows[1:]] == [row["c"] for row in older]
    assert [type(row["c"]) for row in rows] == [str, float, float]
    assert get(up, "/coinpaprika/tickers/eth-ethereum").json() == sample(
        "coinpaprika/ticker_eth_ok.json"
    )


def test_what_other_vendors_do_not_know_is_answered_as_recorded(up: Upstreams) -> None:
    unknown = get(up, DNSE.replace("HNX", "HNXINDEX"))
    assert (unknown.status_code, unknown.json()["message"]) == (400, "invalid symbol")
    assert get(up, f"{DNSE}&resolution=1W").json() == sample("dnse/ohlcs_index_empty.json")
    nothing = get(up, f"{DCHART}&resolution=D".replace("VNINDEX", "NONE"))
    assert nothing.json() == sample("vndirect/dchart_history_empty.json")
    assert nothing.headers["Content-Type"] == "text/plain;charset=UTF-8"
    weekend = get(up, f"{KBS}/VNINDEX/data_day?sdate=22-08-2026&edate=23-08-2026")
    assert weekend.json() == sample("kbs/index_data_day_empty.json")
    bad = get(up, '/api/v3/ticker/24hr?symbols=["BTCUSDT","NONE"]')
    assert (bad.status_code, bad.json()["code"]) == (400, -1121)
    assert get(up, "/coingecko/simple/price?ids=none").json() == {}


def test_a_day_stands_twice_in_dnses_chart(up: Upstreams) -> None:
    chart = get(up, f"{DNSE.replace('HNX', 'VNINDEX')}&resolution=1D").json()
    recorded = sample("dnse/ohlcs_index_1d_duplicate_day.json")
    assert {name: chart[name][-3:] for name in "tohlcv"} == {
        name: recorded[name] for name in "tohlcv"
    }


def test_crypto_is_as_old_as_recorded_at_the_moment_played(up: Upstreams) -> None:
    up.scenario = "intraday"
    tickers = sample("binance/ticker_24hr_ok.json")
    symbols = json.dumps([row["symbol"] for row in tickers])
    assert get(up, f"/api/v3/ticker/24hr?symbols={symbols}").json() == tickers
    candles = "/api/v3/klines?symbol=BTCUSDT&interval=1d"
    assert get(up, candles).json() == sample("binance/klines_btcusdt_1d_ok.json")
    assert get(up, "/coingecko/global").json() == sample("coingecko/global_ok.json")
    assert get(up, "/coinpaprika/global").json() == sample("coinpaprika/global_ok.json")
    assert get(up, "/fng/?limit=2").json() == sample("alternative_me/fng_ok.json")


def test_each_scenario_answers_every_call() -> None:
    with Upstreams() as up:
        for scenario in SCENARIOS:
            up.scenario = scenario
            answers = [
                post(up, LIST, {"symbols": SYMBOLS}),
                post(
                    up,
                    CHART,
                    {"timeFrame": "ONE_DAY", "symbols": SYMBOLS, "to": CLOSE, "countBack": 3},
                ),
                get(up, f"{PRICES}?q=date:2026-08-21"),
            ]
            expected = {"blocked": 403, "down": 503}.get(scenario, 200)
            assert [answer.status_code for answer in answers] == [expected] * 3


def test_scenarios_differ_where_their_names_say() -> None:
    with Upstreams("partial") as up:
        assert listed(up, SYMBOLS) == [symbol for symbol in SYMBOLS if symbol != "HNX30"]
        up.scenario = "empty"
        assert listed(up, SYMBOLS) == []
        up.scenario = "lunch"
        answer = get(up, f"{PRICES}?q=code:VN30~date:2026-08-21").json()
        assert answer["data"][0]["time"] == "11:30:00"
        up.scenario = "blocked"
        assert "ACCESS DENIED" in post(up, LIST, {"symbols": SYMBOLS}).text


def test_the_simulated_scenario_follows_the_clock() -> None:
    moment = datetime(2027, 3, 3, 3, 21, tzinfo=UTC)
    with Upstreams("demo", now=lambda: moment) as up:
        rows = post(up, LIST, {"symbols": SYMBOLS}).json()
        assert {row["time"] for row in rows} == {"2027-03-03T03:21:00.000Z"}
        assert rows[0].keys() == sample("vietcap/marketindex_getlist_ok_eod.json")[0].keys()
        charts = charted(up, to=int(moment.timestamp()), countBack=260)
        assert [row["c"][-1] for row in charts] == [row["refPrice"] for row in rows]
        assert {len(row["t"]) for row in charts} == {260}
        answer = get(up, f"{PRICES}?q=date:2027-03-03").json()["data"]
        assert [row["close"] for row in answer] == [row["price"] for row in rows]
        assert {row["time"] for row in answer} == {f"{moment.astimezone(VIETNAM):%H:%M:%S}"}
        close = sample("vndirect/vnmarket_prices_ok.json")["data"][0]
        assert answer[0].keys() == close.keys()


def test_each_scenarios_clock_is_one_that_the_site_understands() -> None:
    for scenario in SCENARIOS.values():
        if scenario.clock:
            assert clock.parse(scenario.clock).tzinfo is not None


def test_an_unknown_scenario_or_endpoint_is_refused(up: Upstreams) -> None:
    with pytest.raises(ValueError, match="known: eod, long"):
        Upstreams("eof")
    with pytest.raises(ValueError, match=r"no endpoint vietcap\.quote \(known: "):
        up.script("vietcap.quote", Reply())


def test_scripted_replies_are_used_up_and_then_the_scenario_answers(up: Upstreams) -> None:
    up.script(
        "vietcap.quotes",
        Reply(status=403, body="<html>"),
        Reply(fixture="vndirect/error_429.json"),
        Reply(body={"a": 1}, headers={"X-Test": "yes"}),
    )
    answers = [post(up, LIST, {"symbols": SYMBOLS}) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [403, 429, 200, 200]
    assert answers[0].headers["Content-Type"] == "text/html"
    assert answers[1].headers["Retry-After"] == "30"
    assert answers[2].json() == {"a": 1}
    assert answers[2].headers["X-Test"] == "yes"
    assert len(answers[3].json()) == 5
    assert get(up, f"{PRICES}?q=code:VN30").status_code == 200


def test_a_standing_reply_comes_after_the_queue_until_a_reset(up: Upstreams) -> None:
    up.always("vietcap.quotes", Reply(status=503))
    up.script("vietcap.quotes", Reply(status=403))
    codes = [post(up, LIST, {"symbols": SYMBOLS}).status_code for _ in range(3)]
    assert codes == [403, 503, 503]
    up.reset()
    assert post(up, LIST, {"symbols": SYMBOLS}).status_code == 200
    assert len(up.calls) == 1


def test_a_delayed_reply_still_holds_what_the_scenario_says(up: Upstreams) -> None:
    up.script("vietcap.quotes", Reply(delay=0.01, headers={"X-Late": "1"}))
    answer = post(up, LIST, {"symbols": ["VN30"]})
    assert answer.json()[0]["price"] == 1927.79
    assert answer.headers["X-Late"] == "1"


@pytest.mark.parametrize(
    "reply",
    [
        Reply(cut=True),
        Reply(body="[1, 2, 3]", cut=True),
        Reply(fixture="vndirect/error_timeout_note.json"),
    ],
)
def test_a_cut_connection_is_cut(up: Upstreams, reply: Reply) -> None:
    up.always("vietcap.quotes", reply)
    with pytest.raises(requests.RequestException):
        post(up, LIST, {"symbols": SYMBOLS})


def test_calls_are_recorded_with_all_that_was_sent(up: Upstreams) -> None:
    post(up, LIST, {"symbols": ["VN30"]})
    get(up, "/nowhere?key=1")
    first, second = up.calls
    assert (first.name, first.method, first.path) == ("vietcap.quotes", "POST", LIST)
    assert first.json() == {"symbols": ["VN30"]}
    assert first.headers["User-Agent"].startswith("python-requests")
    assert (second.name, second.path, second.query) == ("unknown", "/nowhere", {"key": "1"})
    assert [call.path for call in up.calls_to("vietcap.quotes")] == [LIST]


def test_an_unknown_address_is_not_found(up: Upstreams) -> None:
    assert get(up, "/nowhere").status_code == 404
    assert get(up, LIST).status_code == 404


def test_the_environment_names_every_vendors_setting(up: Upstreams) -> None:
    assert set(up.environment) == SETTINGS
    assert up.environment["VNDIRECT_CHART_BASE_URL"] == up.url
    assert up.environment["COINPAPRIKA_BASE_URL"] == f"{up.url}/coinpaprika"


def test_another_process_scripts_and_reads_the_server(up: Upstreams) -> None:
    script = {"name": "vietcap.quotes", "replies": [{"status": 403}, {"body": [1]}]}
    assert post(up, "/_script", script).json() == {"scenario": "eod"}
    assert post(up, LIST, {"symbols": SYMBOLS}).status_code == 403
    assert post(up, LIST, {"symbols": SYMBOLS}).json() == [1]
    standing = {"name": "vndirect.quotes", "replies": [{"status": 503}], "always": True}
    post(up, "/_script", standing)
    assert [get(up, PRICES).status_code for _ in range(2)] == [503, 503]
    calls = get(up, "/_calls").json()
    assert [call["name"] for call in calls] == ["vietcap.quotes"] * 2 + ["vndirect.quotes"] * 2
    assert json.loads(calls[0]["body"]) == {"symbols": SYMBOLS}
    assert post(up, "/_scenario", {"scenario": "down"}).json() == {"scenario": "down"}
    assert post(up, LIST, {"symbols": SYMBOLS}).status_code == 503
    post(up, "/_reset", {})
    assert get(up, "/_calls").json() == []


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/_script", {"name": "vietcap.quote", "replies": []}),
        ("/_script", {"name": "vietcap.quotes", "replies": [{"stauts": 403}]}),
        ("/_script", {}),
        ("/_scenario", {"scenario": "up"}),
        ("/_nothing", {}),
        ("/_script", None),
    ],
)
def test_a_wrong_control_request_is_refused_with_a_reason(
    up: Upstreams, path: str, body: Any
) -> None:
    answer = requests.post(f"{up.url}{path}", data=json.dumps(body), timeout=10)
    assert answer.status_code == 400
    assert answer.json()["detail"]


def test_a_stopped_server_drops_the_connections_that_clients_keep() -> None:
    with requests.Session() as session:
        with Upstreams() as up:
            session.get(f"{up.url}{PRICES}", timeout=10)
            url = up.url
        with pytest.raises(requests.ConnectionError):
            session.get(f"{url}{PRICES}", timeout=10)


def started(*arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.upstreams", *arguments]
    environment = {"PATH": os.environ.get("PATH", "")}
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_by_hand_it_prints_the_settings_logs_calls_and_stops_at_a_signal(
    number: signal.Signals,
) -> None:
    with started("--port", "0", "--scenario", "long") as process:
        assert process.stdout is not None
        head = [process.stdout.readline().strip() for _ in range(len(SETTINGS) + 2)]
        settings = dict(line.split("=", 1) for line in head[1:])
        url = settings["VIETCAP_BASE_URL"]
        requests.post(f"{url}{LIST}", json={"symbols": SYMBOLS}, timeout=10)
        logged = process.stdout.readline().strip()
        process.send_signal(number)
        _, errors = process.communicate(timeout=10)
    assert head[0].startswith("# long: ")
    assert settings.keys() == {*SETTINGS, "MARKETSITE_CLOCK"}
    assert settings["MARKETSITE_CLOCK"] == "2026-08-21T08:10:00Z"
    assert logged == f"POST {LIST} vietcap.quotes 200"
    assert (process.returncode, errors) == (0, "")


def test_by_hand_a_busy_port_is_one_clear_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = str(listener.getsockname()[1])
        with started("--port", port) as process:
            output, errors = process.communicate(timeout=20)
    assert (process.returncode, output) == (1, "")
    assert errors == f"port {port} cannot be used: Address already in use\n"
