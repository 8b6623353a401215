"""Why a figure failed and why a writer was left, in the reader's language."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest
from django.utils.translation import override

from reports.publishing.reasons import plain, told
from reports.writing.sweeping import STOPPED
from tests.conftest import ROOT

ENGLISH = re.compile(r"\b(?:is|the|not|which|no|that|with|of|wrong)\b")
# How the check's sentences begin; what else it says is for logs, for models and for itself.
BEGINS = re.compile(
    r"(?:is|has|stands?|belongs|names|tells|counts|leaves|claims|compares|ranks|calls|denies|does|"
    r"matches|mixes|contradicts|speaks|advises|lies) [a-z{“]"
)
ELSEWHERE = {"results.py", "wording.py", "translation.py", "spans.py"}


@pytest.mark.parametrize(
    ("reason", "vietnamese"),
    [
        (
            "“99,99” is neither a reference nor declared.",
            "“99,99” không dẫn từ bảng số liệu và cũng không được khai báo.",
        ),
        (
            "“tăng” is told as a rise, but it is a fall.",
            "“tăng” được nói là mức tăng nhưng thực tế là mức giảm.",
        ),
        (
            "“1.768” has not the sign of vnindex.change.",
            "“1.768” không cùng dấu với VN-Index: Thay đổi.",
        ),
        (
            "“phiên” is wrong: the session before went the other way.",
            "“phiên” sai: phiên trước đi hướng ngược lại.",
        ),
        (
            "cut: VN-Index tăng 99,99 (điểm). (“99,99” is not vnindex.close.)",
            "đã cắt: VN-Index tăng 99,99 (điểm). (“99,99” không phải là VN-Index: Điểm số.)",
        ),
        (
            "gemini, what-happened: gave an answer that does not pass the check",
            "gemini, phần diễn biến: trả lời không qua được bước kiểm tra",
        ),
        (
            "NoWriter: gemini: has no quota left today, status 429; openai: rests until "
            "2026-08-21T08:11:00Z (refuses the key, status 401 (invalid_api_key))",
            "gemini: đã hết hạn mức trong ngày, mã 429; openai: tạm nghỉ đến 2026-08-21T08:11:00Z "
            "(từ chối khóa, mã 401 (invalid_api_key))",
        ),
        (
            "gemini, headline: answered with JSON that does not fit: answer.title: absent",
            "gemini, phần tiêu đề: trả lời JSON không đúng khuôn: answer.title: absent",
        ),
        (STOPPED, "tiến trình dừng giữa chừng quá nhiều lần"),
        ("NoNumbers: no index has a known price: kbs: timed out", None),
        ("Nothing new since the last report.", "Không có gì mới so với bài trước."),
    ],
)
def test_a_stored_reason_is_told_in_vietnamese(reason: str, vietnamese: str | None) -> None:
    with override("vi"):
        assert plain(reason) == (vietnamese or "chưa biết giá của chỉ số nào: KBS: không trả lời")
        assert "lang=" not in told(reason)
    with override("en"):
        assert plain(reason) == reason


def test_what_nobody_knows_stays_and_says_its_language() -> None:
    with override("vi"):
        assert told("a <b> of long ago") == '<span lang="en">a &lt;b&gt; of long ago</span>'
    with override("en"):
        assert told("a <b> of long ago") == "a &lt;b&gt; of long ago"


def test_every_sentence_of_the_check_has_its_translation() -> None:
    said = sorted(set(sentences()))
    assert len(said) > 100
    with override("vi"):
        untold = [text for text in said if ENGLISH.search(plain(f"“1” {text}."))]
    assert untold == []


def sentences() -> Iterator[str]:
    """What the code of the check may say of a figure, with a 7 for each part that differs."""
    for file in (ROOT / "reports" / "writing" / "verification").rglob("*.py"):
        if file.name not in ELSEWHERE:
            yield from filter(BEGINS.match, texts(ast.parse(file.read_text(encoding="utf-8"))))


def texts(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.JoinedStr):
        parts = (part.value if isinstance(part, ast.Constant) else "7" for part in node.values)
        yield "".join(map(str, parts))
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif not (isinstance(node, ast.Call) and ast.unparse(node.func) == "re.compile"):
        for child in ast.iter_child_nodes(node):
            yield from texts(child)
