"""Brings reports of the old system over: each row once, cleaned, with its original beside it."""

from __future__ import annotations

import hashlib
import json
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from enum import StrEnum
from html import escape
from typing import Any

from django.db import DataError, transaction

from market import formats
from marketsite import clock
from reports import old_system
from reports.models import OriginalReport, Report
from reports.old_system import OldRow, RowFault
from reports.publishing.foreign import shortened
from reports.publishing.publish import publish
from reports.publishing.sanitize import Cleaned, ForeignHtmlError, clean
from reports.slugs import free_slug
from reports.writing.schedule import edition_of

logger = logging.getLogger(__name__)

MARKUP = re.compile(r"</?[a-zA-Z][a-zA-Z0-9]*[\s/>]|<!--")
TYPES = {"crypto_report": "crypto", "articles": "market"}
SYMBOL_LENGTH, TYPE_LENGTH = 10, 50


class Outcome(StrEnum):
    IMPORTED = "imported"
    RENEWED = "renewed"
    UNCHANGED = "unchanged"
    DIFFERS = "differs"  # the source has another text by now, ours is kept
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Options:
    """`name` tells one old system from another: its numbers are unique below it."""

    name: str = "old"
    wanted: old_system.Wanted = field(default_factory=old_system.Wanted)
    limit: int | None = None
    dry_run: bool = False
    publish: bool = False
    renew: bool = False
    naive_in: tzinfo = UTC


@dataclass(frozen=True, slots=True)
class Done:
    """What became of one row; `reason` is why it was refused, `notices` what was left out."""

    table: str
    number: int | None
    outcome: Outcome
    reason: str = ""
    notices: tuple[str, ...] = ()


def import_reports(source: str, options: Options) -> Iterator[Done]:
    """Import row by row, each in a transaction of its own: what is done stays done, and another run
    goes on from there. Raises old_system.SourceFault.
    """
    count = 0
    for table, raw in old_system.rows(source, options.wanted):
        if options.limit is not None and count >= options.limit:
            return
        done = _imported(table, raw, options)
        # what was imported before does not count: a run with a limit gets on
        count += done.outcome not in (Outcome.UNCHANGED, Outcome.DIFFERS)
        yield done


def _imported(table: str, raw: old_system.Raw, options: Options) -> Done:
    number = None
    try:
        number = old_system.number_of(raw)
        row = old_system.read(table, raw, options.naive_in)
        with transaction.atomic():
            outcome, notices = _stored(row, options)
        return Done(table, number, outcome, notices=notices)
    except (RowFault, ForeignHtmlError) as error:
        return Done(table, number, Outcome.REFUSED, str(error))
    except DataError as error:  # what nobody thought of must not cost the rows after it
        reason = str(error).partition("\n")[0]
        return Done(table, number, Outcome.REFUSED, f"PostgreSQL cannot hold it: {reason}")


def _stored(row: OldRow, options: Options) -> tuple[Outcome, tuple[str, ...]]:
    digest = _digest(row)
    known = OriginalReport.objects.filter(
        source=options.name, table=row.table, number=row.number
    ).only("report_id", "digest")
    before = known.first()
    if before is not None and not options.renew:
        return (Outcome.UNCHANGED if before.digest == digest else Outcome.DIFFERS), ()
    texts = _texts(row)
    if options.dry_run:
        return (Outcome.RENEWED if before else Outcome.IMPORTED), texts.notices
    if before is not None:
        _renew(before, row, texts, digest)
        return Outcome.RENEWED, texts.notices
    _create(row, texts, digest, options)
    return Outcome.IMPORTED, texts.notices


@dataclass(frozen=True, slots=True)
class _Texts:
    """A row's texts, cleaned, in both languages."""

    vi: Cleaned
    en: Cleaned | None

    @property
    def notices(self) -> tuple[str, ...]:
        return (*_notices(self.vi, "Vietnamese"), *(_notices(self.en, "English")))


def _texts(row: OldRow) -> _Texts:
    take = row.table == "crypto_report"  # an article has a title of its own
    html = row.html if MARKUP.search(row.html) else _paragraphs(row.html)
    return _Texts(
        clean(html, "vi", take_title=take),
        clean(row.html_en, "en", take_title=take) if row.html_en.strip() else None,
    )


def _paragraphs(text: str) -> str:
    """Plain text, as articles often were: an empty line parts paragraphs."""
    parts = re.split(r"\n\s*\n", text.replace("\r\n", "\n"))
    return "".join(f"<p>{escape(part.strip())}</p>" for part in parts if part.strip())


def _notices(cleaned: Cleaned | None, language: str) -> list[str]:
    if cleaned is None:
        return []
    removed = ", ".join(f"{name} ×{count}" for name, count in sorted(cleaned.removed.items()))
    found = [f"{language}: {fault}" for fault in cleaned.faults]
    return [*found, f"{language}: removed {removed}"] if removed else found


def _create(row: OldRow, texts: _Texts, digest: str, options: Options) -> None:
    title = shortened(row.title or texts.vi.title or texts.vi.summary, 200) or _untitled(row)
    symbol = row.symbol if len(row.symbol) <= SYMBOL_LENGTH else ""
    report = Report.objects.create(
        slug=free_slug(title, row.created_at),
        title=title,
        summary=shortened(row.summary or texts.vi.summary, 1000),
        html_content=texts.vi.html,
        symbol=symbol,
        report_type=row.report_type[:TYPE_LENGTH] or TYPES[row.table],
        edition=edition_of(row.created_at),
        origin=Report.Origin.IMPORTED,
        notices=list(texts.notices),
        legacy_id=_legacy_id(row),
        created_at=row.created_at,
        # kept through a review: whoever publishes it later gives it back its old date
        published_at=row.created_at,
        **_english(texts.en),
    )
    OriginalReport.objects.create(
        report=report,
        source=options.name,
        table=row.table,
        number=row.number,
        **_originals(row, digest),
    )
    if options.publish and row.was_public:
        publish(report)


def _english(cleaned: Cleaned | None) -> dict[str, str]:
    if cleaned is None:
        return {}
    return {
        "title_en": cleaned.title or shortened(cleaned.summary, 200),
        "summary_en": cleaned.summary,
        "html_content_en": cleaned.html,
    }


def _originals(row: OldRow, digest: str) -> dict[str, Any]:
    return {
        "html": row.html,
        "html_en": row.html_en,
        "css": row.css,
        "js": row.js,
        "js_en": row.js_en,
        "row": row.rest,
        "digest": digest,
        "imported_at": clock.now(),
    }


def _renew(before: OriginalReport, row: OldRow, texts: _Texts, digest: str) -> None:
    """Article and original anew; titles, address, state and dates stay as editors left them."""
    report = Report.objects.select_for_update().get(pk=before.report_id)
    report.html_content = texts.vi.html
    report.html_content_en = texts.en.html if texts.en else ""
    report.notices = list(texts.notices)
    report.save(update_fields=["html_content", "html_content_en", "notices", "updated_at"])
    OriginalReport.objects.filter(pk=before.pk).update(**_originals(row, digest))


def _digest(row: OldRow) -> str:
    texts = (row.html, row.html_en, row.css, row.js, row.js_en)
    found = json.dumps([*texts, row.rest], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(found.encode()).hexdigest()


def _legacy_id(row: OldRow) -> int | None:
    """The number that old addresses name; one that another old system took first stays there."""
    if row.table != "crypto_report":
        return None
    taken = Report.objects.filter(legacy_id=row.number).exists()
    return None if taken else row.number


def _untitled(row: OldRow) -> str:
    return f"Báo cáo {formats.moment(row.created_at, 'vi')}"
