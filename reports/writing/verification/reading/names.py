"""What a sentence speaks of: indices and coins by their names, and things outside the sheet."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from market import formats
from reports.facts import FactSheet

_ALIASES = {
    "vnindex": r"vn-?\s?index|sàn hose|hose",
    "vn30": r"vn-?30(?:-?\s?index)?",
    "hnxindex": r"hnx-?\s?index|sàn hnx|hnx",
    "hnx30": r"hnx-?30(?:-?\s?index)?",
    "upcomindex": r"upcom-?\s?index|sàn upcom|upcom",
    "btc": r"bitcoin|btc",
    "eth": r"ethereum|ether|eth",
    "sol": r"solana",
    "xrp": r"xrp",
    "ada": r"cardano",
    "link": r"chainlink",
    "bnb": r"bnb",
    "crypto": r"(?:the )?total market(?: cap(?:itali[sz]ation)?| value)?|"
    r"tổng vốn hóa(?: thị trường)?(?: tiền mã hóa)?|thị trường tiền mã hóa|thị trường crypto|"
    r"tiền mã hóa|crypto(?: market)?"
    r"|cryptocurrenc(?:y|ies)(?: market)?",
}
# The market as a whole, which the first index that the sheet knows stands for.
_EQUITIES = (
    r"chứng khoán việt nam|cổ phiếu việt nam|"
    r"vietnam(?:ese|'s|’s)? (?:stock market|stocks?|shares|equities|equity market)"
)
LONGEST_COMPARISON = 80  # characters of the words that make a name a yardstick
_INITIALS = "bcehstuvx"  # of the aliases: no other word need be tried
# What a report may speak of beside the sheet, and never without a source.
FOREIGN = re.compile(
    r"(?<!\w)(?:giá dầu|dầu thô|dầu brent|giá vàng|vàng (?:thế giới|miếng|sjc)|lãi suất|tỷ giá|"
    r"lợi suất|đồng usd|đô la|dow jones|s&p(?! global)(?: 500)?|nasdaq|nikkei(?: 225)?|"
    r"hang seng|kospi|"
    r"shanghai|phố wall|lợi nhuận|doanh thu|gdp|cpi|lạm phát|xuất khẩu|nhập khẩu|tín dụng|"
    r"khối ngoại|tự doanh|nhà đầu tư nước ngoài|khối nội|chứng khoán (?:mỹ|châu á|thế giới)|"
    r"nhóm (?!vn30|vốn hóa lớn|cổ phiếu (?:vốn hóa )?lớn)\w+|"
    r"cổ phiếu (?:ngân hàng|chứng khoán|bất động sản|thép|dầu khí|bán lẻ|"
    r"công nghệ|vốn hóa(?! lớn)|trụ|bluechip)|hợp đồng tương lai|phái sinh|"
    r"oil|crude|brent|gold|the dollar|yields?|interest rates?|inflation|profits?|earnings|"
    r"revenues?|exports?|imports?|wall street|foreign investors?|foreign funds?|foreigners|"
    r"proprietary desks?|banks?|bank (?:stocks|shares)|banking (?:stocks|shares)|"
    r"real estate|property (?:stocks|shares)|steel (?:stocks|shares|makers)|futures|"
    r"asian (?:stocks|markets)|us stocks|credit growth|exchange rate)(?!\w)"
)
LIQUIDITY = re.compile(
    r"(?<!\w)(?:thanh khoản|khối lượng(?: giao dịch| khớp lệnh)?|giá trị giao dịch|"
    r"dòng tiền|tiền(?= (?:vào|đổ|chảy) )|volumes?|turnover|liquidity|trading (?:value|activity)|"
    r"traded|trade(?= was| is|"
    r" ran)|trading(?= (?:was|is|ran|stayed|remained) (?:\w+ )?(?:heav|light|thin|brisk|bus|"
    r"quiet))|giao dịch(?= (?:chậm|nhanh|sôi|kém|hơn)))(?!\w)"
)
_COMPARED = re.compile(
    r"(?:so với|(?<=[\w] )với|hơn|vượt|thua|kém|bằng|như|trừ|ngoại trừ|than|versus|vs\.?|against|"
    r"over|(?<!belonged )(?<!belongs )(?<!went )(?<!goes )to|(?<=[\w] )with|"
    r"behind|ahead of|except|unlike|outpaced|outperformed|underperformed|beat|trailed|beating|"
    r"trailing|lag(?:s|ged|ging)?|outpacing|outperforming|underperforming|thay vì|"
    r"followed|following|tracked|tracking|mirrored|joined|theo chân|nối gót|"
    r"bám theo|ngược|in contrast to)(?: (?:của|mức|chỉ số|index|the|that of))* $"
)


# "ETFs tracking VN30, an index that was flat": told of after all
_APPOSED = re.compile(
    r", (?:(?:an?|the) (?:\w+ ){0,2}(?:index|decliner|gainer|loser)|chỉ số)(?!\w)"
)


class Name(NamedTuple):
    """A subject of the sheet where the text names it; `compared` when only as a yardstick."""

    start: int
    end: int
    key: str
    compared: bool = False


def names_in(low: str, sheet: FactSheet) -> list[Name]:
    """The subjects named in a lower-case sentence, in order; the longest name wins."""
    found: list[Name] = []
    for match in _pattern(sheet).finditer(low):
        key = (match.lastgroup or "").removeprefix("k_")
        near = max(0, match.start() - LONGEST_COMPARISON)
        compared = bool(_COMPARED.search(low, near, match.start())) and not _APPOSED.match(
            low, match.end()
        )
        found.append(Name(match.start(), match.end(), key, compared))
    return found


def _pattern(sheet: FactSheet) -> re.Pattern[str]:
    lead = next((state.key for state in sheet.indices if state.known), "")
    return _compiled(tuple([(state.key, state.display_name) for state in sheet.indices]), lead)


@lru_cache(maxsize=32)  # the same few indices in every sentence of every report
def _compiled(indices: tuple[tuple[str, str], ...], lead: str) -> re.Pattern[str]:
    known = dict(indices)
    groups, initials = [], {*_INITIALS}
    for key in [*known, *(key for key in _ALIASES if key not in known)]:
        name = known.get(key, "")
        spellings = [_ALIASES.get(key, ""), re.escape(name.lower())]
        spellings += [_EQUITIES] if key == lead else []
        if key not in _ALIASES:
            spellings += [re.escape(key), re.escape(formats.index_name(key.upper()).lower())]
            initials |= {key[:1], formats.index_name(key.upper()).lower()[:1]}
        initials.add(name.lower()[:1])
        words = "|".join(item for item in spellings if item)
        groups.append(f"(?P<k_{key}>{words})")
    first = re.escape("".join(sorted(initials)))
    # VN30 before VN, "hnx30" before "hnx": what matches longest is tried first by the boundary
    return re.compile(rf"(?=[{first}])(?<![\w-])(?:{'|'.join(groups)})(?![\w]|-?index|-?30)")
