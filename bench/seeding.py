"""Reports by the ten thousand, for `bench.lists`: eight a day backwards from the bench's moment."""

from __future__ import annotations

import io
import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

NEWEST = datetime(2026, 8, 21, 8, 0, tzinfo=UTC)
EVERY = timedelta(hours=3)
SENTENCES = 16  # of an article, of twelve words: some 200 words, as the analyst writes in prose
VOWELS = "aàáâăảãạeèéêẻẽẹiìíỉĩịoòóôơuùúưyýỳ"
ONSETS = [*"bcdđghklmnrstvx", "ch", "gi", "kh", "nh", "ng", "ph", "qu", "th", "tr"]
CODAS = ["", "c", "ch", "m", "n", "ng", "nh", "p", "t", "i", "o", "u"]
EVERYWHERE = "thị trường chứng khoán VN-Index phiên điểm tăng giảm khối lượng"
BROAD, USUAL, RARE = "lình xình", "giằng co", "lao dốc"  # in 30, 3 and 0.05 % of the reports
ONCE, ONCE_IN = "tam giác vàng", 990  # in one report
COLUMNS = (
    "slug status title title_en summary summary_en html_content html_content_en css_content"
    " js_content js_content_en verification sources research prompts notices symbol report_type"
    " edition origin writer simulated is_note translation_pending created_at updated_at"
    " published_at"
)


def seed(first: int, last: int) -> None:
    """Add the reports of these numbers, 1 the newest, with their words; then read the statistics.

    The indexes of the words are made after them, as anybody would who copies so many.
    """
    from django.db import connection

    from reports.models import ReportText

    chance = random.Random(1)  # noqa: S311
    sentences = _sentences(chance)
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX report_words_vi, report_words_en")
        cursor.execute("ALTER TABLE reports_report DISABLE TRIGGER USER")
        cursor.execute("ALTER TABLE reports_reporttext DISABLE TRIGGER keep_inserted_words")
        for start in range(first, last + 1, 5000):
            numbers = range(start, min(start + 5000, last + 1))
            _copy(cursor, "reports_report", COLUMNS, _reports(numbers))
            cursor.execute(_WORDS)
            texts = _texts(numbers, sentences, chance)
            _copy(cursor, "words", "slug language body f lexemes", texts)
            cursor.execute(_STORE)
            cursor.execute(_KEEP)
            cursor.execute("DROP TABLE words")
        cursor.execute("ALTER TABLE reports_report ENABLE TRIGGER USER")
        cursor.execute("ALTER TABLE reports_reporttext ENABLE TRIGGER keep_inserted_words")
    with connection.schema_editor() as editor:
        for index in ReportText._meta.indexes:
            editor.add_index(ReportText, index)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE reports_report, reports_reporttext, reports_word")


_WORDS = "CREATE TEMP TABLE words (slug text, language text, body text, f text, lexemes text)"
_STORE = """
    INSERT INTO reports_reporttext
        (report_id, language, written_in, body, folded, head, vector, tags)
    SELECT r.id, w.language, w.language, w.body, w.f, made.head,
        array_to_tsvector(string_to_array(w.lexemes, ',')), '{}'
    FROM words w JOIN reports_report r USING (slug)
    CROSS JOIN LATERAL (SELECT
        setweight(to_tsvector('simple', 'vn index ' || substr(slug, 8)), 'A')
            || setweight(to_tsvector('simple', split_part(w.f, '.', 1)), 'B')) AS made (head)
"""
_KEEP = """
    INSERT INTO reports_word (text)
    SELECT DISTINCT lexeme FROM words, unnest(string_to_array(lexemes, ',')) AS lexeme
    WHERE language = 'vi' AND strpos(lexeme, ' ') = 0
        AND NOT EXISTS (SELECT FROM reports_word WHERE text = lexeme)
"""


def _sentences(chance: random.Random) -> list[str]:
    """What reports are made of: syllables, the first of them frequent and the last rare."""
    made = {a + v + c for a in ONSETS for v in VOWELS for c in CODAS}
    vocabulary = chance.sample(sorted(made), 4000)
    weights = [1 / rank for rank in range(1, len(vocabulary) + 1)]
    return [" ".join(chance.choices(vocabulary, weights, k=12)) for _ in range(3000)]


def _reports(numbers: range) -> Iterator[list[str]]:
    article = "<section><h2 id='h-a'>Diễn biến</h2><p>" + "Thị trường. " * 200 + "</p></section>"
    for number in numbers:
        at = (NEWEST - EVERY * (number - 1)).isoformat()
        symbol = f"S{number % 23:02}" if number % 3 == 0 else ""
        kind = "weekly" if number % 56 == 0 else "daily" if number % 8 == 0 else "market"
        words = f"Phiên số {number}: thị trường giằng co, thanh khoản cao hơn trung bình 20 phiên."
        yield [
            f"report-{number}", "published",
            f"VN-Index tăng 1,95%, bài {number}", f"VN-Index rose 1.95%, story {number}",
            words, f"Session {number}: the market moved sideways.", article, article, "", "", "",
            json.dumps({}), "[]", "[]", "{}", "[]", symbol, kind, "afternoon", "writer",
            "analyst", "f", "f", "f", at, at, at,
        ]  # fmt: skip


def _texts(numbers: range, sentences: list[str], chance: random.Random) -> Iterator[list[str]]:
    from reports.folding import fold, lexemes

    for number in numbers:
        body = EVERYWHERE + ". " + ". ".join(chance.choices(sentences, k=SENTENCES))
        body += f". Chốt ở {1000 + number % 700},{number % 100:02} ngày {number % 28 + 1}/8"
        body += f". {BROAD}" * (number % 10 < 3) + f". {USUAL}" * (number % 100 < 3)
        body += f". {RARE}" * (number % 2000 == 7) + f". {ONCE}" * (number == ONCE_IN)
        folded = fold(body)
        found = ",".join(lexemes(f"vn index {number}", "", folded))
        for language in ("vi", "en"):  # the same words: what is measured does not depend on them
            yield [f"report-{number}", language, body, folded, found]


def _copy(cursor: object, table: str, columns: str, rows: Iterator[list[str]]) -> None:
    text = "".join("\t".join(row) + "\n" for row in rows)
    names = ", ".join(columns.split())
    cursor.copy_expert(f"COPY {table} ({names}) FROM STDIN", io.StringIO(text))  # type: ignore[attr-defined]
