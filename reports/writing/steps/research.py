"""What the news said: the configured feeds, and a search by the model where that is switched on.

Only who asks a model needs news: a report by rules has none.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings

from market.http import HttpClient, HttpError
from marketsite import clock
from reports.models import Run
from reports.writing import research
from reports.writing.asking import ask
from reports.writing.feeds import Entry, FeedError, parse
from reports.writing.last import last_report
from reports.writing.questions import Material
from reports.writing.steps.job import Job, Output, Part
from reports.writing.steps.write import candidates, is_model, usage_of
from reports.writing.writer_states import options
from reports.writing.writers.base import WriterError

logger = logging.getLogger(__name__)

ACCEPT = "application/rss+xml, application/atom+xml, application/xml, text/xml;q=0.9, */*;q=0.5"
SEARCHER = "gemini"
OUT_OF_TIME = "was not asked: the time for research was used up"


def run(job: Job) -> Part:
    """`{"items": […], "problems": {source: reason}}`; a run whose sources all fail goes on.

    The second part, where there is one, is a search: one call to the model.
    """
    if not any(is_model(name) for name in candidates(job.run)):
        return Part({"items": [], "problems": {}})
    searches = may_search(job.run)
    return _searched(job) if job.parts else Part(from_feeds(), final=not searches)


def from_feeds() -> Output:
    """The items of the feeds, as the step keeps them."""
    if "feeds" not in settings.RESEARCH_SOURCES:
        return {"items": [], "problems": {}}
    if settings.RESEARCH_ALLOW_PRIVATE:
        logger.warning("feeds may lead into private networks: RESEARCH_ALLOW_PRIVATE is on")
    entries, problems = read_feeds(settings.RESEARCH_FEEDS)
    last = last_report()
    items = research.chosen(
        entries,
        now=clock.now(),
        last_report=last.published_at if last else None,
        longest_age=timedelta(hours=settings.RESEARCH_MAX_AGE_HOURS),
        count=settings.RESEARCH_MAX_ITEMS,
    )
    return {"items": [research.to_json(item) for item in items], "problems": problems}


def may_search(run: Run) -> bool:
    """Whether the operator has switched grounding with Google Search on, and Gemini is asked."""
    return SEARCHER in candidates(run) and options(SEARCHER).search


def _searched(job: Job) -> Part:
    """The feeds' items, and behind them the pages on which the model's findings rest."""
    found = job.parts[0]
    question = Material(job).search()
    try:
        answer = ask(
            SEARCHER,
            question.prompt,
            spender=job.spender,
            while_waiting=job.still_ours,
        )
    except WriterError as error:
        problems = {**found["problems"], "search": str(error)}
        return Part({**found, "problems": problems}, notes=[f"search: {error}"])
    pages = research.from_citations(answer.citations, len(found["items"]) + 1)
    items = [*found["items"], *(research.to_json(item) for item in pages)]
    output = {**found, "items": items, "prompts": dict(question.versions)}
    return Part(output, usage=usage_of(SEARCHER, answer))


def read_feeds(feeds: Sequence[str]) -> tuple[list[Entry], dict[str, str]]:
    """The newest entries of each feed, and the reasons of those that failed, by their names.

    One after another, until `RESEARCH_TOTAL_SECONDS` are used up.
    """
    ends = time.monotonic() + settings.RESEARCH_TOTAL_SECONDS
    entries: list[Entry] = []
    problems: dict[str, str] = {}
    for name, address in _named(feeds).items():
        left = ends - time.monotonic()
        try:
            if left <= 0:
                raise FeedError(OUT_OF_TIME)
            entries += _newest(_read(address, left))
        except (HttpError, FeedError) as error:
            logger.warning("feed failed feed=%s reason=%s", name, error)
            problems[name] = str(error)
    return entries, problems


def _read(address: str, seconds: float) -> list[Entry]:
    """The entries of one feed; raises HttpError or FeedError."""
    with HttpClient(
        connect_timeout=settings.MARKET_CONNECT_SECONDS,
        total_timeout=min(seconds, settings.RESEARCH_FEED_SECONDS),
        max_bytes=settings.RESEARCH_MAX_BYTES,
        public_only=not settings.RESEARCH_ALLOW_PRIVATE,
    ) as client:
        page = client.page(address, {**settings.MARKET_HEADERS, "Accept": ACCEPT})
    return parse(page.content, page.content_type, page.url)


def _newest(entries: list[Entry]) -> list[Entry]:
    """The newest of one feed; what lies in the future is no date, and comes last."""
    limit = clock.now() + research.CLOCKS_DIFFER

    def age(entry: Entry) -> datetime:
        believable = entry.published is not None and entry.published <= limit
        return entry.published if believable and entry.published else research.FIRST

    return sorted(entries, key=age, reverse=True)[: settings.RESEARCH_FEED_ITEMS]


def _named(feeds: Sequence[str]) -> dict[str, str]:
    """The addresses by what logs and editors may see of them: host and path, never the query."""
    seen: Counter[str] = Counter()
    named = {}
    for address in feeds:
        parts = urlsplit(address)
        name = f"{parts.netloc}{parts.path}"
        seen[name] += 1
        named[name if seen[name] == 1 else f"{name} ({seen[name]})"] = address
    return named
