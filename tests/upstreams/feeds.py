"""Feeds of news: one in RSS and one in Atom, a story in both; fresh at the scenario's moment."""

from __future__ import annotations

from datetime import datetime, timedelta
from email.utils import format_datetime
from xml.sax.saxutils import escape

from market.sessions import VIETNAM
from tests.upstreams.replayed import moment
from tests.upstreams.replies import Call, Endpoint, Reply, Stage, Upstream

# Age in hours, title, summary as HTML, path. The one in both feeds comes first.
SHARED = (
    2,
    "Khối ngoại mua ròng phiên thứ ba liên tiếp",
    "<p>Khối ngoại mua ròng <b>512 tỷ đồng</b> trên HOSE &amp; tập trung vào nhóm ngân hàng.</p>",
    "/khoi-ngoai-mua-rong.html",
)
STORIES = (
    SHARED,
    (
        5,
        "Ngân hàng Nhà nước giữ nguyên lãi suất điều hành",
        '<a href="#"><img src="/anh.jpg"></a></br>Lãi suất tái cấp vốn ở mức 4,5%.',
        "/lai-suat-dieu-hanh.html",
    ),
    (30, "Thanh khoản thị trường cải thiện trong tháng 8", "", "/thanh-khoan-thang-8.html"),
)
COIN_STORIES = (
    SHARED,
    (
        3,
        "Bitcoin ETFs draw inflows for a fifth day",
        "<p>Funds took in $310 million on Thursday.</p>",
        "/bitcoin-etf-inflows",
    ),
)
SITE, COIN_SITE = "https://tin.example", "https://coin.example"


def rss(_call: Call, stage: Stage) -> Reply:
    """`GET /feeds/market.rss`: RSS 2.0, summaries in CDATA, times in Vietnam's."""
    now = moment(stage).astimezone(VIETNAM)
    items = "".join(
        f"<item><title>{escape(title)}</title><description><![CDATA[{summary}]]></description>"
        f"<link>{SITE}{path}?utm_source=rss</link>"
        f"<pubDate>{format_datetime(_before(now, age))}</pubDate></item>"
        for age, title, summary, path in _told(stage, STORIES)
    )
    text = (
        '<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel>'
        f"<title>Chứng khoán</title><link>{SITE}/</link>{items}</channel></rss>"
    )
    return _xml(text, "application/rss+xml")


def atom(_call: Call, stage: Stage) -> Reply:
    """`GET /feeds/coins.atom`: Atom, summaries as escaped HTML, times in UTC."""
    items = "".join(
        f'<entry><title>{escape(title)}</title><link href="{COIN_SITE}{path}"/>'
        f"<id>urn:story:{number}</id><published>{_before(moment(stage), age).isoformat()}"
        f'</published><summary type="html">{escape(summary)}</summary></entry>'
        for number, (age, title, summary, path) in enumerate(_told(stage, COIN_STORIES))
    )
    text = f'<feed xmlns="http://www.w3.org/2005/Atom"><title>Coins</title>{items}</feed>'
    return _xml(text, "application/atom+xml")


def _told(
    stage: Stage, stories: tuple[tuple[int, str, str, str], ...]
) -> tuple[tuple[int, str, str, str], ...]:
    return () if stage.scenario == "empty" else stories


def _before(now: datetime, hours: int) -> datetime:
    return (now - timedelta(hours=hours)).replace(microsecond=0)


def _xml(text: str, kind: str) -> Reply:
    return Reply(body=text.encode(), headers={"Content-Type": f"{kind}; charset=utf-8"})


def environment(url: str) -> dict[str, str]:
    """The settings that point a process here."""
    feeds = [f"{url}{endpoint.path}" for endpoint in UPSTREAM.endpoints]
    return {"RESEARCH_FEEDS": ",".join(feeds), "RESEARCH_ALLOW_PRIVATE": "true"}


UPSTREAM = Upstream(
    setting="RESEARCH_FEEDS",
    endpoints=(
        Endpoint("feeds.rss", "GET", "/feeds/market.rss", rss),
        Endpoint("feeds.atom", "GET", "/feeds/coins.atom", atom),
    ),
    failures={
        "blocked": Reply(status=403, body="<html><body>403 Forbidden</body></html>"),
        "down": Reply(status=503, body="<html><body>503</body></html>"),
    },
)
