"""The market's numbers in the admin: indices and closures are edited, the rest is read."""

from __future__ import annotations

import marketsite.generics  # noqa: F401 (before the first ModelAdmin[…])
from market.admin.closure import ClosureAdmin
from market.admin.index import IndexAdmin
from market.admin.numbers import BarAdmin, QuoteAdmin, RejectedQuoteAdmin
from market.admin.overview import OverviewAdmin

__all__ = [
    "BarAdmin",
    "ClosureAdmin",
    "IndexAdmin",
    "OverviewAdmin",
    "QuoteAdmin",
    "RejectedQuoteAdmin",
]
