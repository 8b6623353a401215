"""What the world said: items of news that a report may cite, and how a prompt quotes them.

Pure: no network, no Django. An item's texts are a stranger's. They are plain text when they come
here, they are shown escaped, and a prompt gets them as data inside JSON strings.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from market.sessions import VIETNAM
from reports.writing.feeds import LONGEST_SUMMARY, LONGEST_TITLE, Entry
from reports.writing.plain import HOST, page_key, plain, site_of, web_address
from reports.writing.writers.base import Citation

CLOCKS_DIFFER = timedelta(minutes=5)
SAME_STORY = timedelta(hours=12)  # a column may bear the same title every day
FEWEST_LETTERS = 12  # of a title that tells a story, where `Tin nóng` does not
FENCE = "research-data"
FENCE_NAME = re.compile(re.escape(FENCE), re.IGNORECASE)
MOST_PAGES = 30  # of a search
FIRST = datetime.min.replace(tzinfo=UTC)
LAST = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Item:
    """One piece of news, `n1` to `nK` within a run; `old` is what the last report could know."""

    id: str
    title: str
    summary: str
    url: str
    source: str
    published: datetime | None
    old: bool = False


def to_json(item: Item) -> dict[str, Any]:
    return {
        "id": item.id,
        "title": item.title,
        "summary": item.summary,
        "url": item.url,
        "source": item.source,
        "published": item.published.isoformat() if item.published else None,
        "old": item.old,
    }


def from_json(data: dict[str, Any]) -> Item:
    published = data["published"]
    return Item(
        id=data["id"],
        title=data["title"],
        summary=data["summary"],
        url=data["url"],
        source=data["source"],
        published=datetime.fromisoformat(published) if published else None,
        old=data["old"],
    )


def chosen(
    entries: Iterable[Entry],
    now: datetime,
    last_report: datetime | None,
    longest_age: timedelta,
    count: int,
) -> list[Item]:
    """The newest entries as items, each story once, at most `count`; undated ones come last.

    A date in the future counts as none. Of a story's copies the earliest stays: it is as old as
    that. What is undated may be old, so it is marked once there is a report to be older than.
    """
    known = (_with_believable_date(entry, now) for entry in entries)
    stories = _unique(sorted(known, key=lambda entry: entry.published or LAST))
    recent = [item for item in stories if (item.published or now) >= now - longest_age]
    recent.sort(key=lambda entry: entry.published or FIRST, reverse=True)
    return [
        Item(
            id=f"n{number}",
            title=entry.title,
            summary=entry.summary,
            url=entry.url,
            source=site_of(entry.url),
            published=entry.published,
            old=last_report is not None and (entry.published or FIRST) <= last_report,
        )
        for number, entry in enumerate(recent[:count], start=1)
    ]


def from_citations(citations: Iterable[Citation], first_id: int) -> list[Item]:
    """The pages that a searching model named, one item each, numbered from `first_id`.

    Their summary is what the model's answer rests on them, not what they say. Where the address is
    a forwarder's, the title names the site.
    """
    passages: dict[str, list[str]] = {}
    titles: dict[str, str] = {}
    for citation in citations:
        address = web_address(citation.url)
        if address:
            passages.setdefault(address, []).append(citation.text)
            titles.setdefault(address, plain(citation.title, LONGEST_TITLE))
    items = []
    pages = islice(passages.items(), MOST_PAGES)
    for number, (address, texts) in enumerate(pages, start=first_id):
        title = titles[address] or site_of(address)
        names_site = HOST.fullmatch(title.lower())
        items.append(
            Item(
                id=f"n{number}",
                title=title,
                summary=plain(" … ".join(dict.fromkeys(texts)), LONGEST_SUMMARY),
                url=address,
                source=title.lower() if names_site else site_of(address),
                published=None,
            )
        )
    return items


# The block for a prompt


def quoted(items: Sequence[Item]) -> str:
    """The items as a fenced block of data, one JSON object a line, times in Vietnam's.

    No character of an item can end its string, its line or the fence, or pass for a reference of
    ours (`{{…}}`, `[[…]]`).
    """
    lines = [json.dumps(_quotable(item), ensure_ascii=False) for item in items]
    return "\n".join([f"<{FENCE}>", *map(_defused, lines), f"</{FENCE}>"])


def _quotable(item: Item) -> dict[str, Any]:
    when = item.published.astimezone(VIETNAM) if item.published else None
    texts = {name: _tame(getattr(item, name)) for name in ("source", "title", "summary")}
    shown = {"id": item.id, "date": f"{when:%Y-%m-%d %H:%M}" if when else None, **texts}
    return shown | ({"old": True} if item.old else {})


def _tame(text: str) -> str:
    """Without our fence's name, and without doubled brackets."""
    without = FENCE_NAME.sub("research data", plain(text, len(text)))
    return re.sub(r"([{}\[\]])(?:\s*\1)+", r"\1", without)


def _defused(line: str) -> str:
    """A line of JSON whose strings hold no angle bracket as such."""
    return line.replace("<", "\\u003c").replace(">", "\\u003e")


# One story once


def _with_believable_date(entry: Entry, now: datetime) -> Entry:
    if entry.published and entry.published > now + CLOCKS_DIFFER:
        return replace(entry, published=None)
    return entry


def _unique(entries: Iterable[Entry]) -> Iterator[Entry]:
    """The first of entries with one page, or with one title at about the same time."""
    pages: set[str] = set()
    titles: dict[str, datetime | None] = {}
    for entry in entries:
        page, title = page_key(entry.url), _title_key(entry.title)
        if page in pages or (title in titles and _close(titles[title], entry.published)):
            continue
        pages.add(page)
        if len(title) >= FEWEST_LETTERS:
            titles[title] = entry.published
        yield entry


def _close(one: datetime | None, other: datetime | None) -> bool:
    return one is None or other is None or abs(other - one) <= SAME_STORY


def _title_key(title: str) -> str:
    """Letters and digits alone, in one case and form."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", title).casefold())
