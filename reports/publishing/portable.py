"""What makes a report readable elsewhere: its chart data as a script without behaviour."""

from __future__ import annotations

import json

from reports.facts import FactSheet, series_json


def chart_data(sheet: FactSheet) -> str:
    """An assignment of the charts' series as JSON, safe inside a `<script>` element too."""
    series = json.dumps(series_json(sheet), ensure_ascii=False, separators=(",", ":"))
    return f"window.marketsiteCharts={series.replace('<', chr(92) + 'u003c')};"
