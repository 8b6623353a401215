"""The old system's database as its own program would have left it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

SCHEMA = """
CREATE TABLE crypto_report (
  id INTEGER PRIMARY KEY, html_content TEXT NOT NULL, css_content TEXT, js_content TEXT,
  html_content_en TEXT, js_content_en TEXT, created_at TEXT NOT NULL
);
CREATE TABLE articles (
  id INTEGER PRIMARY KEY, title VARCHAR(255) NOT NULL, content TEXT, summary TEXT,
  symbol VARCHAR(10), report_type VARCHAR(50), is_published BOOLEAN,
  created_at TEXT, updated_at TEXT
);
"""
HTML = """<div class="report"><h1>Thị trường tiền mã hóa ngày {day}/10</h1>
<p>Bitcoin đi ngang quanh 108.000 USD.</p>
<section id="tam-ly"><h2 style="color:red">Tâm lý</h2>
<p onclick="alert(1)">Thị trường thận trọng.</p>
<!-- CHART_DATA: {{"type": "gauge", "title": "Sợ hãi và Tham lam", "value": 29,
 "segments": [{{"limit": 25, "label": "Rất sợ hãi", "color": "#c00"}},
 {{"limit": 100, "label": "Khác", "color": "#0c0"}}]}} -->
<div id="gauge-{day}" class="chart"></div></section></div>"""
ENGLISH = "<h1>Crypto market, {day} October</h1><p>Bitcoin flat near 108,000 dollars.</p>"
JS = """createGauge(document.getElementById("gauge-{day}"), 29, {{segments: [
  {{limit: 25, label: "Rất sợ hãi", color: "#cc0000"}}, {{limit: 100, label: "Khác"}}]}});
window.seen = {{}};"""


def reports(days: int) -> list[dict[str, Any]]:
    return [
        {
            "id": day,
            "html_content": HTML.format(day=day),
            "css_content": ".report { color: rgb(1, 2, 3) }",
            "js_content": JS.format(day=day),
            "html_content_en": ENGLISH.format(day=day) if day % 2 else None,
            "js_content_en": None,
            "created_at": f"2025-10-{day:02} 07:05:00",
        }
        for day in range(1, days + 1)
    ]


ARTICLES: list[dict[str, Any]] = [
    {
        "id": 1,
        "title": "FPT: kết quả quý III",
        "content": "Doanh thu tăng.\n\nLợi nhuận <đi ngang>.",
        "summary": "Một quý tốt.",
        "symbol": "FPT",
        "report_type": "daily",
        "is_published": 1,
        "created_at": "2025-10-20 07:05:00",
        "updated_at": None,
    },
    {
        "id": 2,
        "title": "Nháp",
        "content": "<p>Chưa xong</p><script>x()</script>",
        "summary": None,
        "symbol": None,
        "report_type": None,
        "is_published": 0,
        "created_at": "2025-10-21 07:05:00",
        "updated_at": "2025-10-22 07:05:00",
    },
]


def make(path: Path, days: int = 3, articles: bool = True) -> Path:
    """An SQLite file with so many daily reports, and two articles."""
    with closing(sqlite3.connect(path)) as database:
        database.executescript(SCHEMA)
        insert(database, "crypto_report", reports(days))
        insert(database, "articles", ARTICLES if articles else [])
        database.commit()
    return path


def insert(database: sqlite3.Connection, table: str, rows: list[dict[str, Any]]) -> None:
    for row in rows:
        names = ", ".join(f":{name}" for name in row)
        database.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({names})", row)  # noqa: S608
