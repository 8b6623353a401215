"""What makes a report readable elsewhere: its chart data, and one file that needs nothing else."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from functools import lru_cache
from pathlib import Path

from django.contrib.staticfiles import finders
from django.utils.safestring import SafeString, mark_safe

from reports.facts import FactSheet, series_json

# Of the site's style sheets those that a report needs, in the order of its page. The two fonts
# would add 175 kB to a file of some 190: it is set in the fonts of whoever opens it.
STYLES = ("site", "report", "print", "export")
FOREIGN = ("foreign",)  # for what a run did not write
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
LOCAL_LINK = re.compile(r'(<a\b[^>]*?\bhref=")/(?!/)')
REMOTE_IMAGE = re.compile(r'<img\b(?![^>]*\bsrc="data:)[^>]*>')


def chart_data(sheet: FactSheet) -> str:
    """An assignment of the charts' series as JSON, safe inside a `<script>` element too."""
    series = json.dumps(series_json(sheet), ensure_ascii=False, separators=(",", ":"))
    return f"window.marketsiteCharts={series.replace('<', chr(92) + 'u003c')};"


def self_contained(html: str, site_url: str) -> SafeString:
    """An article that was made or sanitised by us, without anything that a copy would have to
    fetch, and with links that lead to the site.
    """
    html = REMOTE_IMAGE.sub("", LOCAL_LINK.sub(rf"\1{site_url}/", html))
    return mark_safe(html)  # noqa: S308


@lru_cache(maxsize=2)
def style(foreign: bool) -> SafeString:
    """Our style sheets as one, without comments, for the file's `<style>` element."""
    names = STYLES + FOREIGN if foreign else STYLES
    parts = [COMMENT.sub("", _read(f"css/{name}.css")) for name in names]
    lines = [line.strip() for part in parts for line in part.splitlines() if line.strip()]
    return mark_safe("\n".join(lines))  # noqa: S308 (files of ours)


def policy(style: str) -> str:
    """The file's own content security policy: this style by its hash, and nothing else at all."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _read(name: str) -> str:
    found = finders.find(name)
    return Path(found).read_text() if isinstance(found, str) else ""
