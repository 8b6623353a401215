"""What a cited item tells in words, and of which of its things."""

from __future__ import annotations

import pytest

from reports.writing.verification import things

ITEM = (
    "chip makers rally as tsmc lifts sales outlook. tsmc gained 4.8% in taipei and nvidia added "
    "2.6%, but intel dropped 3.1% after delaying a plant"
)


@pytest.mark.parametrize(
    ("said", "figure", "belongs"),
    [
        ("intel", "3.1%", True),
        ("intel", "4.8%", False),
        ("tsmc", "4.8%", True),
        ("nvidia", "3.1%", False),
        ("cổ phiếu nvidia", "2.6%", True),
        ("the session", "2.6%", True),
    ],
)
def test_a_figure_belongs_to_the_thing_that_its_clause_names(
    said: str, figure: str, belongs: bool
) -> None:
    at = ITEM.index(figure)

    found = things.belongs(
        things.things(said), "en", ITEM, lambda part: part.start <= at < part.end
    )

    assert found is belongs


def test_both_languages_name_a_thing_alike() -> None:
    assert things.things("giá cà phê") == things.things("coffee")


def test_a_clause_that_names_nothing_goes_on_about_the_one_before() -> None:
    first, second = things.parts("copper rose 1.1%, its highest in three weeks")

    assert first.things <= second.things
