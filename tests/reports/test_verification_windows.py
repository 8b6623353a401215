"""Stretches that stand beside their figure, rows of averages, and splits without a noun."""

from __future__ import annotations

import pytest

from bench.verification_labels import SHEETS
from bench.verification_reports import sheet_of
from reports.facts import FactSheet
from reports.writing.verification import verify_text
from reports.writing.verification.translation import translation_fault

SIZES = (5, 20, 60)


def sheet() -> FactSheet:
    return sheet_of(*SHEETS["rally"])


def passes(text: str, language: str = "en") -> bool:
    return all(item.passed for item in verify_text(text, sheet(), (), (), language))


@pytest.mark.parametrize("word", ["after", "over", "in", "against"])
def test_a_move_is_of_the_stretch_right_behind_it(word: str) -> None:
    def row(*names: int) -> str:
        pairs = zip(names, SIZES, strict=True)
        return ", ".join(
            f"{{{{vnindex.return{name}|signed}}}} {word} {size} sessions" for name, size in pairs
        )

    assert passes(f"The windows read as follows: {row(5, 20, 60)}.")
    assert not passes(f"The windows read as follows: {row(20, 5, 60)}.")


def test_the_unit_of_a_row_of_windows_is_said_once() -> None:
    text = (
        "The windows: {{{{vnindex.return5|signed}}}} over 5 sessions, "
        "{{{{vnindex.return{}|signed}}}} over 20 and {{{{vnindex.return{}|signed}}}} over 60."
    )
    assert passes(text.format(20, 60))
    assert not passes(text.format(60, 20))
    assert not passes("VN-Index rose {{vnindex.change|abs}} points over 20.")


def test_averages_named_behind_their_row() -> None:
    above = sheet().facts["vnindex.distance_sma20"].value > 0
    side, other = ("above", "below") if above else ("below", "above")
    text = "VN-Index stands {} its 20-session ({{{{vnindex.sma{}}}}}) and 50-session "
    text += "({{{{vnindex.sma{}}}}}) averages."
    assert passes(text.format(side, 20, 50))
    assert not passes(text.format(side, 50, 20))
    assert not passes(text.format(other, 20, 50))


def test_a_split_is_counted_without_its_noun() -> None:
    moves = [sheet().facts[f"{item.key}.change"].value for item in sheet().indices]
    up, down = sum(move > 0 for move in moves), sum(move < 0 for move in moves)
    words = ("zero", "one", "two", "three", "four", "five")
    text = "The indices were split, {} up and {} down."
    assert passes(text.format(words[up], words[down]))
    assert not passes(text.format(words[down], words[up]))


def test_a_word_of_direction_counts_once_in_a_translation() -> None:
    vi = "VN-Index đảo chiều đi lên sau {{vnindex.broken_streak_down}} phiên giảm."
    en = "VN-Index turned {} after {{{{vnindex.broken_streak_down}}}} sessions of declines."
    assert translation_fault(vi, en.format("up"), sheet()) is None
    assert translation_fault(vi, en.format("down"), sheet())
