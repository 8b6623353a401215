"""When a part of a sentence speaks of: the close, the open, the session before, some of it or all.

"It opened below its reference but closed above it" names one level twice, at two moments.
"""

from __future__ import annotations

import re

from reports.writing.verification.reading.sentences import Sentence

CLOSE, OPEN, BEFORE, WHOLE, ONCE = "close", "open", "before", "whole", "once"

_THAN = (
    r"(?<!so với )(?<!từ )(?<!hơn )(?<!của )(?<!sau )(?<!khỏi )(?<!than )(?<!from )(?<!of )"
    r"(?<!over )(?<!above )(?<!below )(?<!against )(?<!since )(?<!dưới )(?<!trên )(?<!với )"
    # "20 phiên trước", "năm phiên trước": how long ago, not the session before
    r"(?<!\d )(?<!\x01 )(?<!hai )(?<!ba )(?<!bốn )(?<!năm )(?<!sáu )(?<!bảy )(?<!tám )(?<!chín )"
    r"(?<!mười )(?<!mươi )(?<!vài )(?<!nhiều )(?<!mấy )"
)
_MARKS = re.compile(
    r"(?<!\w)(?:"
    r"(?P<open>mở cửa|mở phiên|mở màn|bắt đầu phiên|khởi đầu phiên|đầu phiên|opened|opening|"
    r"(?:lower|higher|weak(?:er)?|soft(?:er)?|strong(?:er)?|firm(?:er)?|flat) (?:open|start)|"
    r"the (?:open|start)(?! of)|"
    r"at the open|early (?:on|in the session|in the day|trade|trading)|at the start|at first|"
    r"initially|(?:began|started)(?! (?:to|an?)(?!\w)))|"
    r"(?P<before>(?:phiên (?:liền )?trước, (?:khi|lúc)|(?:the (?:previous|prior) (?:session|day)|"
    rf"the (?:session|day) before),? when)|{_THAN}(?:phiên (?:liền )?trước|hôm (?:qua|trước))|"
    r"at (?:the|its) (?:previous|prior|last) close|"
    r"(?:yesterday|(?:the )?(?:previous|prior) session)(?:'s|’s) close"
    r"(?= (?:was|stood|lay|had|ended))|"
    r"(?<!\bthan )(?<!\bfrom )(?<!\bof )(?<!\babove )(?<!\bbelow )(?<!\bagainst )"
    r"(?:the (?:previous|prior) (?:session|day)(?!'|’)|the (?:session|day) before|yesterday(?!'|"
    r"’)|a (?:session|day) (?:earlier|before|ago)|had (?:closed|ended|finished|settled|stood|"
    r"been)))|"
    r"(?P<whole>suốt (?:cả )?phiên|cả phiên|trọn phiên|toàn bộ phiên|mọi lúc trong phiên|"
    r"all (?:session|day)(?: long)?|throughout(?: the (?:session|day))?|"
    r"(?:the )?(?:whole|entire) (?:session|day))|"
    r"(?P<once>có (?:lúc|khi|thời điểm)|at one (?:point|stage|time)|at times|(?:for )?(?:much|"
    r"most|part|some) of "
    r"the (?:session|day)|during the session|một phần (?:của )?phiên|(?:trong )?phần lớn phiên|"
    r"briefly|for a (?:while|time))|"
    r"(?P<close>đóng cửa|kết phiên|kết thúc|khép|chốt|dừng|cuối phiên|hiện|nay|vẫn|clos(?:ed|es|"
    r"ing)|"
    r"end(?:ed|s|ing)|finish(?:ed|es|ing)?|settl(?:ed|es|ing)|by the close|at the close|still|"
    r"remains?|late in the (?:session|day)|now)"
    r")(?!\w)"
)
_BREAK = re.compile(
    r"[.;]|, (?=(?:closed|ended|finished|settled|opened)(?!\w))|"
    r"(?<!\w)(?:rồi|sau đó|nhưng|song|trước khi|sau khi|trong khi|then|but|"
    r"(?<!session )(?<!day )before|after|"
    r"only to|while|whereas|để rồi|and (?=revers|recover|rebound|turn|clos|end|finish|settl|"
    r"climb|rose|fell|held|kept|stay|is |stands |sits |lies )|"
    r"và (?=đóng|kết|khép|chốt|dừng|hồi|bật|đảo|tăng|giảm|giữ|"
    r"vượt|đứng|nằm)|, (?=(?:the index|chỉ số|it)(?!\w))|"
    # what holds now is no longer of the session before
    r"(?<!năm )(?<!đến )(?<!tới )(?<!hôm )(?<!hiện )(?=(?:nay|hiện nay|hôm nay|phiên này|giờ|now|"
    r"this session|today)(?!\w)))"
)


def of(sentence: Sentence, position: int) -> str:
    """The moment that the words around a position set; the close when none does."""
    text = sentence.masked
    start = max((m.end() for m in _BREAK.finditer(text, 0, position)), default=0)
    named = [n.start for n in sentence.names if start < n.start < position]
    commas = [at for at in named if re.search(r", (?:the |chỉ số )?$", text[start:at])]
    start = max([start, *commas])
    marks = [mark.lastgroup or CLOSE for mark in _MARKS.finditer(text, start, position)]
    ahead = _ahead(text, position)
    if _TODAY.search(_part(text, position)):
        return CLOSE
    if BEFORE in {ahead, *marks}:
        return BEFORE  # whatever it did then: "closed at 947 the day before"
    return marks[-1] if marks else ahead or CLOSE


_TODAY = re.compile(r"^(?:\x01+[^\x01]*|[^\x01]*) (?:in|at|for) this (?:one|session)(?!\w)")


def _part(text: str, position: int) -> str:
    found = re.search(r"[,;:–—]| \(", text[position:])
    return text[position : position + found.start() if found else len(text)]


def _ahead(text: str, position: int) -> str:
    """The mark behind, in the same part: "below its reference at the open"."""
    end = position + len(_part(text, position))
    broken = _BREAK.search(text, position, end)
    mark = _MARKS.search(text, position, broken.start() if broken else end)
    return mark.lastgroup or "" if mark else ""
