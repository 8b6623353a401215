"""Words of place and motion where they give no figure a side: "over the course of the day"."""

from __future__ import annotations

import re

COVER = "\x04"  # stands for each letter of such a word in a masked sentence

# The group `w` is what is covered; the rest of the phrase stays readable.
_VI = (
    r"(?:dựa|căn cứ|xây dựng|tính toán|tập trung) (?P<w>trên)",
    r"(?:nêu|nói|kể|đề cập|trình bày|dẫn|như|phần|bảng|biểu đồ|đoạn)(?: ở| bên| phía)? "
    r"(?P<w>trên|dưới)(?= đây|[,.;:]|$| (?:cho|của báo cáo|của bài|chỉ|mang|là|đều|không|trình))",
    r"(?P<w>trên|dưới)(?= (?:đây|cơ sở|thực tế|diện rộng|đà|tinh thần|phương diện|khía cạnh|"
    r"bình diện|góc|quan điểm|lăng kính|con mắt|áp lực|sức ép|tác động|ảnh hưởng|sự|nền|"
    r"phạm vi|toàn|biểu đồ|bảng|đồ thị|khung|thị trường|sàn|hose|hnx|upcom(?!-)|"
    r"một thị trường|các sàn|hai sàn|ba sàn|mặt bằng|dạng|hình thức|danh nghĩa)(?!\w))",
    r"(?:trải|thông|bỏ) (?P<w>qua)",
    r"(?P<w>qua)(?= (?:đó|đây|lại|một phiên|từng|nhiều phiên|số liệu|các con số|thống kê))",
    r"(?P<w>lên)(?= (?:tiếng|kế hoạch|kịch bản|đến hàng|tinh thần))",
    r"(?:đặt|gây|tạo|đè|dồn)(?: \w+)? (?P<w>lên)",
    r"(?P<w>(?:tăng|đi lên|lên) hay (?:giảm|đi xuống|xuống))",
)
_EN = (
    r"(?P<w>over)(?= the course| the counter| the weekend| on | and | to |view\b)",
    r"(?P<w>under)(?= (?:the (?:hood|surface|circumstances|spotlight)|way|pressure|heavy|selling|"
    r"scrutiny|review|strain|fire|control))",
    r"(?:beneath|below|under) (?P<w>the surface)",
    r"(?P<w>above)(?= all(?:[,.;:]|$| else))",
    r"(?:noted|stated|mentioned|shown|listed|outlined|described|discussed|given|see|seen|found|"
    r"set out|table|chart|figures?|numbers|paragraph|section|report|none of the|the|as) "
    r"(?P<w>above|below)(?=[,.;:)]|$| (?:is|are|was|were|shows?|lists?|gives?|sets?|figures|"
    r"levels|numbers|mentioned|list|table))",
    r"(?:is|was|be|come|comes|came) (?P<w>up|down) to (?!\x01)(?!the (?:mark|level))",
    r"(?P<w>up) against(?= (?:a|an|stiff|strong|resistance)\b)",
    r"(?P<w>down) (?:the (?:line|road)|to the wire)",
    r"(?:built|set|sum|sums|summed|open|opened|make|makes|made|shape|shapes|keep|keeps|kept|shore|"
    r"wrap|wrapped|catch|back|backed|show|shows|showed|bring|brought|bringing|line|lined|set) "
    r"(?P<w>up)(?! (?:by )?(?:about |nearly |another |some |just )?\x01)",
    r"(?:make|makes|made|making) (?P<w>up)(?= (?:about |nearly |some |over |more than )?\x01+(?:%|"
    r" per "
    r"cent)? of\b)",
    r"end(?:s|ed)? (?P<w>up)(?= \w+ing\b)",
    r"(?:calm|calmed|settle|settled|break|wind|slow|slowed|track|boil|boils|boiled|bog|write|"
    r"count|narrow|narrowed) (?P<w>down)(?! (?:by )?(?:about |nearly |another |some |just )?\x01)",
    r"(?P<w>(?:up|rose|higher|gained) or (?:down|fell|lower|lost))",
    r"(?P<w>up)(?:-and-down|-to-date| to date| for grabs| next| ahead| front)",
    r"(?:the )?(?P<w>up)s and (?:the )?downs",
)


def _compiled(rows: tuple[str, ...]) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(rf"(?<!\w)(?:{row})(?!\w)") for row in rows)


# What all of them are about: most sentences hold none of it.
_POINTING = {
    "vi": re.compile(r"trên|dưới|qua|lên| hay "),
    "en": re.compile(r"over|under|beneath|below|above|up|down"),
}
_IDIOMS = {"vi": _compiled(_VI), "en": _compiled(_EN)}


def covered(masked: str, language: str) -> str:
    """The masked sentence without the words that point nowhere, of the same length."""
    if not _POINTING[language].search(masked):
        return masked
    for pattern in _IDIOMS[language]:
        for match in pattern.finditer(masked):
            start, end = match.span("w")
            masked = masked[:start] + COVER * (end - start) + masked[end:]
    return masked
