"""Fixtures for the tests of reports."""

from __future__ import annotations

import pytest

from market.history import backfill
from market.refresh import refresh_indices
from tests.upstreams import Upstreams


@pytest.fixture
def numbers(models: Upstreams) -> Upstreams:
    """What a report is made from, and models to write it, in a database of the test's own."""
    refresh_indices()
    backfill()
    return models
