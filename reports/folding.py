"""Text as the search compares it: without case, marks and punctuation, one character for one.

No Django, no database: plain text in and out. Because nothing is inserted or left out, an offset
in folded text is the same offset in the text that it was folded from.
"""

from __future__ import annotations

import html
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate, pairwise

LONGEST_BODY = 100_000  # characters; PostgreSQL's vectors end at a megabyte
LONGEST_MARKUP = 2_000_000
LONGEST_WORD = 40
MOST_BYTES = 900_000

_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
# The innermost of these elements; what stands in them is drawn, folded away, or no prose.
_UNREAD = re.compile(
    r"<(svg|details|meter|script|style|template|sup)\b[^<]*(?:<(?!/?\1\b)[^<]*)*</\1\s*>",
    re.IGNORECASE,
)
_DETAILS_END = "</details>"
_DEEPEST = 8
_BLOCK = re.compile(
    r"</?(?:p|div|li|ul|ol|dl|dt|dd|h[1-6]|tr|t[dh]|table|caption|thead|tbody|section|article"
    r"|header|footer|blockquote|figure|figcaption|br|hr|pre)\b(?:[^>\"']|\"[^\"]*\"|'[^']*')*>",
    re.IGNORECASE,
)
_NEIGHBOURS = re.compile(r"(</\w+>)<(?=\w)")  # `<b>Name</b><span>16%</span>` is two words
_TAG = re.compile(r"<[a-z/!](?:[^>\"']|\"[^\"]*\"|'[^']*')*>", re.IGNORECASE)
_NO_TEXT = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")

Span = tuple[int, int]


class _Folded(dict[int, str]):
    """`str.translate`'s table, filled as characters come along."""

    def __missing__(self, code: int) -> str:
        self[code] = folded = _fold_one(chr(code))
        return folded


def _fold_one(character: str) -> str:
    if character in "đĐ":
        return "d"
    base = unicodedata.normalize("NFD", character)[0].lower()
    if len(base) > 1:  # İ
        base = base[0]
    # a mark that composes with nothing stays: a word of Thai or Hindi is one word
    return base if base.isalnum() or unicodedata.category(base).startswith("M") else " "


_TABLE = _Folded()


def composed(text: str) -> str:
    """The text as it is stored and folded: composed characters, none that PostgreSQL refuses."""
    return unicodedata.normalize("NFC", _NO_TEXT.sub(" ", text))


def fold(text: str) -> str:
    """`Thị trường` as `thi truong`: as long as the composed text, words parted by spaces."""
    return text.translate(_TABLE)


def plain_text(markup: str) -> str:
    """The words of an article: no charts, no folded tables, a line for each block."""
    text = _without_details(_COMMENT.sub(" ", markup[:LONGEST_MARKUP]))
    for _ in range(_DEEPEST):
        text, removed = _UNREAD.subn(" ", text)
        if not removed:
            break
    text = _NEIGHBOURS.sub(r"\1 <", _BLOCK.sub("\n", text))
    text = html.unescape(_TAG.sub("", text))
    lines = (" ".join(line.split()) for line in composed(text).split("\n"))
    return "\n".join(filter(None, lines))[:LONGEST_BODY]


def _without_details(text: str) -> str:
    """Without the folded tables, which are nine tenths of a report of ours: no expression is needed
    to find where they end. What is nested or cut off is left to the expressions.
    """
    parts, at = [], 0
    while (start := text.find("<details", at)) >= 0:
        end = text.find(_DETAILS_END, start)
        if end < 0 or text.find("<details", start + 1, end) >= 0:
            break
        parts += [text[at:start], " "]
        at = end + len(_DETAILS_END)
    return "".join([*parts, text[at:]])


def lexemes(*folded: str) -> list[str]:
    """What texts are found by: their words, and each two that stand side by side.

    By the pairs a phrase is found without a look at the text. A text of extravagant length or
    letters loses some of them, the pairs first: PostgreSQL takes no more than a megabyte.
    """
    words = [[word[:LONGEST_WORD] for word in text.split()] for text in folded]
    every = dict.fromkeys(word for text in words for word in text)
    every |= dict.fromkeys(f"{a} {b}" for text in words for a, b in pairwise(text))
    sizes = accumulate(len(lexeme.encode()) + 8 for lexeme in every)
    return [lexeme for lexeme, size in zip(every, sizes, strict=True) if size <= MOST_BYTES]


def occurrences(folded: str, wanted: Iterable[str]) -> list[Span]:
    """Where the patterns of `pattern` match, in order and without overlaps."""
    found = [match.span() for item in wanted for match in re.finditer(item, folded)]
    spans: list[Span] = []
    for start, end in sorted(found):
        if spans and start <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        else:
            spans.append((start, end))
    return spans


def pattern(words: Sequence[str], prefix: bool = False) -> str:
    """A regular expression for these folded words, one after the other, in folded text.

    What stands before the first of them is looked at after it: a search for letters is quick.
    """
    first, *others = (re.escape(word) for word in words)
    end = "" if prefix else r"(?!\S)"
    return rf"{first}(?<!\S{first})" + "".join(rf"\s+{word}" for word in others) + end


def cut(text: str, spans: Sequence[Span], width: int) -> Span:
    """The part of about `width` characters in which most of the spans lie, from word to word.

    The first such part; the beginning of the text when there is no span.
    """
    if not spans:
        return 0, _to_space(text, width)
    ends = [end for _, end in spans]
    best = max(
        range(len(spans)),
        key=lambda first: (bisect_right(ends, spans[first][0] + width) - first, -first),
    )
    start = spans[best][0]
    line = text.rfind("\n", 0, start) + 1
    start = line if start - line < width // 2 else _after_space(text, start - width // 4)
    return start, _to_space(text, max(start + width, spans[best][1]))


def _after_space(text: str, position: int) -> int:
    found = text.rfind(" ", 0, max(position, 0))
    return found + 1 if found >= 0 else 0


def _to_space(text: str, position: int) -> int:
    if position >= len(text):
        return len(text)
    found = max(text.rfind(" ", 0, position + 1), text.rfind("\n", 0, position + 1))
    return found if found > position // 2 else position
