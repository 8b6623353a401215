"""What contradicts itself, and what no fact of the sheet can prove."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reports.writing.verification.case import Case
from reports.writing.verification.claims.found import Claim
from reports.writing.verification.reading import numbers
from reports.writing.verification.reading.hints import holds
from reports.writing.verification.reading.sentences import Figure, Sentence
from reports.writing.verification.results import Source

_ABSURD = re.compile(
    r"(?<!\w)(?:giảm trần|tăng sàn|(?<!mã )(?<!đà )(?<!mức )(?<!nhịp )(?:giảm|lao dốc|rơi|sụt|"
    r"lùi)(?: mạnh| nhẹ| sâu)? lên|"
    r"(?:tăng|nhích|bật|leo)(?: mạnh| nhẹ| vọt)? xuống|(?:số )?điểm (?:tăng trần|giảm sàn)|"
    r"(?:rose|climbed|gained|surged) down|(?:fell|dropped|lost|plunged) up)(?!\w)"
)


def absurd(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """Words that contradict each other."""
    if not holds(sentence.masked, (" lên", " xuống", " trần", " sàn", " down", " up")):
        return
    for match in _ABSURD.finditer(sentence.masked):
        yield Claim(match.start(), match.end(), "", "contradicts itself", figures=False)


_UNPROVABLE = {
    "vi": re.compile(
        r"(?<!\w)(?:(?P<who>(?:giới phân tích|chuyên gia|công ty chứng khoán)(?: \w+){0,2}? "
        r"(?:cho rằng|nhận định|dự báo|kỳ vọng))|lần đầu(?: tiên)?(?= (?:kể từ|trong|sau|từ|vượt|"
        r"đóng|thủng|tăng|giảm))|"
        r"chưa từng (?:có|thấy)|hiếm (?:có|thấy)|(?:rộng|hẹp) nhất(?= (?:trong|kể từ))|(?:rộng|"
        r"hẹp) hơn (?:thường lệ|bình thường|mọi khi)|"
        r"(?:mua|bán) ròng|thỏa thuận đột biến)(?!\w)"
    ),
    "en": re.compile(
        r"\b(?:(?P<who>(?:analysts|experts|strategists|brokers|brokerages) (?:\w+ )?(?:expect|say|"
        r"said|see|believe|forecast|think|predict))|(?:for the )?first time (?:since|in|ever)|"
        r"unprecedented|never before|"
        r"(?:widest|narrowest)(?= (?:in|since)\b)|(?:wider|narrower|tighter) than (?:usual|normal|"
        r"average)|net (?:bought|"
        r"sold|buying|selling|buyers|sellers))\b"
    ),
}
# Net buying and selling, in the words of either language.
_BUYS, _SELLS = r"mua ròng|net (?:b(?:ought|uy))", r"bán ròng|net (?:sold|sell)"
_NET = {"mua": _BUYS, "bou": _BUYS, "buy": _BUYS, "bán": _SELLS, "sol": _SELLS, "sel": _SELLS}


def _figure_beside(sentence: Sentence, match: re.Match[str]) -> Figure | None:
    """The bare figure that the words have behind them: "bán ròng 214 tỷ đồng"."""
    behind = (item for item in sentence.figures if 0 <= item.start - match.end() <= 16)
    return next((item for item in behind if not item.is_reference), None)


def _beside(item: Source, figure: Figure, words: str) -> bool:
    """Whether the item has these words, and of the two ways these last, before that figure."""
    text = numbers.lower(numbers.normal(f"{item.title}. {item.summary}"))
    places = [
        number.start
        for language in ("vi", "en")
        for number in numbers.numbers(text, language)
        if not number.problem and abs(number.value) == abs(figure.value)
    ]
    near = [re.split(r"[.;]\s", text[:at])[-1] for at in places]
    last = [re.findall(rf"{_BUYS}|{_SELLS}", part)[-1:] or [part] for part in near]
    return not places or any(re.search(words, part) for (part,) in last)


def _is_item(sentence: Sentence, match: re.Match[str]) -> bool:
    """Whether the words only call another report: "ngược với tin mua ròng"."""
    before, behind = sentence.masked[: match.start()], sentence.masked[match.end() :]
    return bool(
        re.search(
            r"(?<!\w)(?:tin|bài|mục)(?: (?:về|khối ngoại|trước))* $|\b(?:report|item) of $", before
        )
        or re.match(r" (?:report|item|story)\b", behind)
    )


def unprovable(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """What no fact of the sheet can prove; a cited item that says the same can."""
    for match in _UNPROVABLE[sentence.language].finditer(sentence.masked):
        if match["who"] and sentence.cited:
            continue
        if sentence.is_hypothetical(match.start()):
            continue
        cited = [case.items[name] for name in sentence.cited if name in case.items]
        if cited and _is_item(sentence, match):
            cited = list(case.items.values())
        words = _NET.get(re.sub(r"\W*(?:ròng|net)\W*", "", match[0])[:3], re.escape(match[0]))
        said = [i.id for i in cited if re.search(words, f"{i.title}. {i.summary}".lower())]
        if said and (figure := _figure_beside(sentence, match)):
            said = [name for name in said if _beside(case.items[name], figure, words)]
        reason = "" if said else "claims what no fact and no cited item proves"
        yield Claim(match.start(), match.end(), ", ".join(said), reason, figures=False)
