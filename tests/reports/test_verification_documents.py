"""The verifier on documents: whole reports, translations, and what is cut out."""

from __future__ import annotations

import random
import time

import pytest

from bench.verification import total, unchanged, wilson
from bench.verification_labels import SHEETS as DAYS
from bench.verification_labels import sheet_of
from bench.verification_mutants import mutants
from bench.verification_reports import reports
from reports.document import (
    Callout,
    Document,
    ListBlock,
    Paragraph,
    Scenario,
    Scenarios,
    Section,
    Table,
    faults,
    texts,
)
from reports.writing.verification import (
    Checked,
    Declared,
    cut,
    translation_fault,
    verify,
    verify_text,
)

SHEET = sheet_of(*DAYS["up"])
TRIED = 3
MOST_ALARMS, MOST_MISSES = 0.02, 0.005


def document(*blocks: object, section: str = "what-happened") -> Document:
    title = "VN-Index tăng {{vnindex.change|abs}} điểm"
    return Document(title, "Cả năm chỉ số cùng tăng.", (Section(section, "Diễn biến", blocks),))  # type: ignore[arg-type]


def failed(found: list[Checked]) -> list[Checked]:
    return [item for item in found if not item.passed]


def test_the_analysts_reports_pass_as_written_and_written_out() -> None:
    checked = [
        item
        for report in reports(TRIED)
        for language in ("vi", "en")
        for item in unchanged(report, language)
    ]
    wrong = failed(checked)
    assert len(wrong) <= len(checked) * MOST_ALARMS, [(i.reason, i.sentence) for i in wrong]


def test_one_change_in_a_report_is_found() -> None:
    tried, missed = 0, []
    for number, report in enumerate(reports(TRIED)):
        for language in ("vi", "en"):
            for item in mutants(report, language, random.Random(number)):  # noqa: S311
                found = verify_text(
                    item.text, item.sheet, [], [], language, item.section, item.editor
                )
                tried += 1
                missed += [item] if not failed(found) else []
    assert tried > 500
    assert len(missed) <= tried * MOST_MISSES, [(item.kind, item.text) for item in missed]


def test_verifying_a_report_takes_little_time() -> None:
    report = reports(TRIED)[0]
    began = time.process_time()
    verify(report.draft.vi, report.sheet, {}, [], "vi")
    assert time.process_time() - began < 2  # the bench measures it; this finds only disasters


def test_declared_figures_count_in_their_own_section() -> None:
    text = Paragraph("VN-Index đóng cửa ở 1.186,17 điểm.")
    declared = [Declared("1.186,17", "observed", "vnindex.close")]
    here, elsewhere = (
        verify(document(text), SHEET, {name: declared}, [], "vi")
        for name in ("what-happened", "trend")
    )
    assert failed(here) == []
    assert [item.figure for item in failed(elsewhere)] == ["1.186,17 điểm"]
    assert failed(elsewhere)[0].section == "what-happened"


def test_the_headline_is_a_section_of_its_own() -> None:
    wrong = Document("VN-Index giảm mạnh", "Cả năm chỉ số cùng tăng.", ())
    assert [item.section for item in failed(verify(wrong, SHEET, {}, [], "vi"))] == ["headline"]


def test_a_scenarios_chance_is_that_of_its_rule() -> None:
    above = "Đóng cửa phiên thứ năm trên {{vnindex.resistance}} điểm."
    for chance, passes in (("p_above", True), ("p_below", False)):
        item = Scenario("Bứt phá", f"{{{{vnindex.{chance}}}}}", above)
        found = verify(document(Scenarios((item,)), section="scenarios"), SHEET, {}, [], "vi")
        assert (failed(found) == []) is passes


def test_a_rows_figures_are_its_own() -> None:
    for key, passes in (("vn30", True), ("hnx30", False)):
        table = Table("", ("Chỉ số", "Điểm"), (("VN30", f"{{{{{key}.close}}}}"),))
        assert (failed(verify(document(table), SHEET, {}, [], "vi")) == []) is passes


VI = "VN30 tăng {{vn30.change|abs}} điểm [[n1]]. Phiên 1/3, ba trong năm chỉ số tăng trên 0,7%."
EN = (
    "VN30 rose {{vn30.change|abs}} points [[n1]]. On 1 March, three of five indices rose over 0.7%."
)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("{{vn30.change|abs}}", "{{vn30.close}}"),
        ("{{vn30.change|abs}} points", "points"),
        ("[[n1]]", ""),
        ("[[n1]]", "[[n2]]"),
        ("0.7%", "7.0%"),
        ("0.7%", "0,7%"),
        ("VN30", "HNX30"),
        ("rose {{", "fell {{"),
        ("1 March", "2 March"),
        ("three of", "four of"),
        ("indices rose", "indices fell"),
    ],
)
def test_a_translation_that_says_something_else_is_found(before: str, after: str) -> None:
    assert before in EN
    fault = translation_fault(VI, EN.replace(before, after, 1), SHEET)
    assert fault is not None
    assert fault.endswith(".")


def test_a_faithful_translation_passes_and_may_change_a_references_style() -> None:
    assert translation_fault(VI, EN, SHEET) is None
    assert translation_fault(VI, EN.replace("|abs", ""), SHEET) is None


@pytest.mark.parametrize(
    ("vi", "en"),
    [
        (
            "Không phiên nào trong tuần có khối lượng lớn hơn.",
            "None of the week's sessions had a larger volume.",
        ),
        (
            "VN-Index mất {{vnindex.change|abs}} điểm với {{vnindex.advances}} mã tăng.",
            "VN-Index lost {{vnindex.change|abs}} points with {{vnindex.advances}} advances.",
        ),
        (
            "Nếu VN-Index đóng cửa dưới {{vnindex.support}} điểm, kịch bản giảm có thể chiếm ưu "
            "thế trong năm phiên tới.",
            "If VN-Index closes below {{vnindex.support}} points, the downside may prevail over "
            "the next five sessions.",
        ),
        (
            "Ba đường 20, 50, 200 phiên cùng nằm phía dưới.",
            "The averages of 20, 50 and 200 sessions all lie below.",
        ),
    ],
)
def test_what_one_language_tells_in_other_words_is_no_fault(vi: str, en: str) -> None:
    assert translation_fault(vi, en, SHEET) is None


def test_the_analysts_two_languages_are_translations_of_each_other() -> None:
    pairs = [
        (vi, en, report.sheet)
        for report in reports(TRIED)
        for vi, en in zip(texts(report.draft.vi), texts(report.draft.en), strict=True)
    ]
    doubted = [pair for pair in pairs if translation_fault(*pair)]
    assert len(doubted) <= len(pairs) * MOST_ALARMS, doubted[:3]


def result(sentence: str, section: str = "what-happened") -> Checked:
    return Checked(section, sentence, "9", "observed", "", False, "“9” is wrong.")


def test_failed_sentences_leave_a_mark_and_references_stay() -> None:
    kept = "VN30 tăng {{vn30.change|abs}} điểm [[n1]]."
    text = Paragraph(f"{kept} VN-Index tăng 99 điểm. HNX30 tăng 98 điểm. Hết.")
    gone = [result("VN-Index tăng 99 điểm."), result("HNX30 tăng 98 điểm.")]
    (block,) = cut(document(text), gone).sections[0].blocks
    assert block == Paragraph(f"{kept} […] Hết.")


def test_what_has_nothing_left_goes_away() -> None:
    wrong = "VN-Index tăng 99 điểm."
    before = document(
        Paragraph(wrong), ListBlock((wrong, "Hết.")), ListBlock((wrong,)), Callout("Gì?", wrong)
    )
    after = cut(before, [result(wrong)])
    assert after.sections[0].blocks == (ListBlock(("Hết.",)),)
    assert cut(document(Paragraph(wrong)), [result(wrong)]).sections == ()


def test_a_cut_concerns_its_own_section_and_leaves_a_valid_document() -> None:
    wrong = "VN-Index tăng 99 điểm."
    before = document(Paragraph(f"{wrong} Hết."))
    assert cut(before, [result(wrong, "trend")]) == before
    after = cut(before, [result(wrong)])
    assert faults(after, SHEET.facts, ["VN-Index"]) == []
    assert failed(verify(after, SHEET, {}, [], "vi")) == []


def test_the_interval_holds_for_no_errors_at_all() -> None:
    low, high = wilson(0, 100)
    assert low == 0
    assert 0.03 < high < 0.04
    assert total([]).trials == 0
