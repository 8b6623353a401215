"""A page that is made keeps nothing of what it was made of; else templates are Django's own."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest
from django.template import TemplateDoesNotExist, engines
from django.template.backends.django import DjangoTemplates
from django.template.loader import get_template, render_to_string
from django.test import RequestFactory

from market.history import backfill
from market.refresh import refresh_indices
from reports.models import Report
from reports.views.pages import home
from tests.reports.admin import make_report
from tests.upstreams import Upstreams


@pytest.fixture
def uncollected() -> Iterator[None]:
    """Whatever goes, goes because nobody refers to it."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def living_reports() -> int:
    return sum(type(one) is Report for one in gc.get_objects())


@pytest.mark.django_db
def test_the_home_page_lets_go_of_its_report(upstreams: Upstreams, uncollected: None) -> None:
    backfill()
    refresh_indices()
    address = make_report(status="published").get_absolute_url()
    before = living_reports()
    response = home(RequestFactory().get("/"))
    assert f'href="{address}"'.encode() in response.content
    assert living_reports() == before


def test_a_text_in_a_string_lets_go_too(uncollected: None) -> None:
    before = living_reports()
    template = engines["django"].from_string("{% with last=made.title %}{{ last }}{% endwith %}")
    made = {"made": Report(title="Phiên sáng")}
    assert template.render(made, RequestFactory().get("/")) == "Phiên sáng"
    made.clear()
    assert living_reports() == before


def test_what_a_caller_put_in_is_still_the_callers() -> None:
    context = {"made": "here"}
    engines["django"].from_string("{{ made }}").render(context)
    assert context == {"made": "here"}


def test_a_template_that_is_not_there_is_told_as_by_django() -> None:
    engine = engines["django"]
    assert isinstance(engine, DjangoTemplates)
    broken = engine.from_string('{% include "none.html" %}')
    for ask in (broken.render, lambda: get_template("none.html"), lambda: render_to_string("none")):
        with pytest.raises(TemplateDoesNotExist) as error:
            ask()
        assert error.value.backend is engine or error.value.chain[0].backend is engine
