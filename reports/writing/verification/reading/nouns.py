"""What a count counts: the words right behind it and right before it that say so."""

from __future__ import annotations

import re

_NOUN_VI = r"^(?: mã| cổ phiếu| đồng tiền| đồng| coin)*"
_NOUN_EN = r"^(?: stocks?| shares| issues| names| of them| coins| tokens)*(?: that)?(?: each)?"
_OUT_OF = {
    "vi": (r"(?:trong|trên)(?: tổng)?(?: số)? $", r"^ (?:đồng tiền|đồng|coin)"),
    "en": (r"(?:of|out of)(?: the)? $", r"^ (?:coins|tokens)"),
}
OUT_OF = {
    language: (re.compile(before), re.compile(behind))
    for language, (before, behind) in _OUT_OF.items()
}
# What may stand between a count of stocks and the word that tells what they did.
_PLACE = r"hose|hnx|upcom|vn-?index|vn30|hnx-index|hnx30|upcom-index"
COUNT_FILL = {
    "vi": rf"(?: (?:\x04+|mã|cổ phiếu|trên|trong|ở|tại|sàn|toàn|rổ|này|đó|{_PLACE}|giữ|được|vẫn|"
    r"còn|đã|đều|cùng|cũng|đóng|cửa|kết|khép|phiên|chìm|nằm|chốt|có))*? ",
    "en": rf"(?: (?:\x04+|stocks?|shares?|issues|names|constituents|of|the|them|these|those|that|"
    rf"which|on|in|across|{_PLACE}|exchange|market|board|were|was|had|have|all|also|ended|closed|"
    r"finished|"
    r"settled|session|day|a|touch|little|listed|traded|there|end|close|finish|stay|managed?|"
    r"managing|posted|recorded|booked|suffered|showed))*? ",
}
_UP_VI = r"tăng(?! trần)|đi lên|lên giá|lên điểm|sắc xanh|xanh"
_DOWN_VI = r"giảm(?! sàn)|đi xuống|xuống giá|mất giá|mất điểm|sắc đỏ|đỏ"
_UP_EN = (
    r"rise|rose|gain(?:s|ed)?|advance[sd]?|climb(?:s|ed|ing)?|rall(?:y|ied)|higher|up|in the green|"
    r"rising|gaining|advancing"
)
_DOWN_EN = (
    r"falls?|fell|(?<!was )(?<!were )(?<!is )(?<!be )(?<!been )lost|los(?:e|ses|s)|decline[sd]?|"
    r"drop(?:s|ped)?|"
    r"slid(?:e|ing)?|slip(?:s|ped)?|retreat(?:s|ed|ing)?|eased?|s[ai]nk|lower|down|in the red|"
    r"falling|losing|declining|sinking"
)
_AFTER_VI = (
    ("ceilings", rf"{_NOUN_VI}(?: đã)? (?:tăng |chạm |kịch )*trần"),
    ("floors", rf"{_NOUN_VI}(?: đã)? (?:giảm |chạm |nằm )*sàn"),
    ("streak_up", r"^ phiên(?: tăng(?: điểm)? (?:liên tiếp|liền)| liên tiếp tăng)"),
    ("streak_down", r"^ phiên(?: giảm(?: điểm)? (?:liên tiếp|liền)| liên tiếp giảm)"),
    ("advances", rf"^ (?:trên|trong) (?:tổng )?(?:số )?\x01+{_NOUN_VI[1:]} tăng"),
    ("declines", rf"^ (?:trên|trong) (?:tổng )?(?:số )?\x01+{_NOUN_VI[1:]} giảm"),
    ("advances", rf"{_NOUN_VI}(?: đã| cùng| đều)? (?:tăng|đi lên|lên giá|lên điểm|xanh)"),
    ("declines", rf"{_NOUN_VI}(?: đã| cùng| đều)? (?:giảm|đi xuống|xuống giá|mất (?:giá|điểm)|đỏ)"),
    ("advances", rf"{_NOUN_VI}(?: \w+){{0,3}} (?:trong )?sắc xanh"),
    ("declines", rf"{_NOUN_VI}(?: \w+){{0,3}} (?:trong )?sắc đỏ"),
    ("unchanged", rf"{_NOUN_VI}(?: còn lại| khác)? (?:đứng|không đổi|đi ngang|tham chiếu)"),
    ("coins", r"^ (?:đồng tiền|đồng|coin)(?! tăng| giảm)"),
    ("advances", rf"^{COUNT_FILL['vi']}(?:{_UP_VI})(?!\w)"),
    ("declines", rf"^{COUNT_FILL['vi']}(?:{_DOWN_VI})(?!\w)"),
    ("unchanged", rf"^{COUNT_FILL['vi']}(?:đứng giá|không đổi|đi ngang|đứng yên|giậm chân|dậm chân|"
     r"bất động)(?!\w)"),
)  # fmt: skip
_AFTER_EN = (
    ("ceilings", rf"{_NOUN_EN}(?: hit| reached| touched| (?:closed|ended|were|was)(?: at)?|"
     rf" at)? (?:the |"
     rf"their )?(?:daily )?"
     r"(?:ceilings?|upper limit|limit[- ]up)"),
    ("floors", rf"{_NOUN_EN}(?: hit| reached| touched| (?:closed|ended|were|was)(?: at)?|"
     rf" at)? (?:the |"
     r"their )?(?:daily )?(?:floors?|lower limit|limit[- ]down)"),
    ("sessions_highest", r"^[ -]session (?:closing )?high"),
    ("sessions_lowest", r"^[ -]session (?:closing )?low"),
    ("streak_up", r"^(?:st|nd|rd|th)? (?:gains?|rises?|advances?) (?:in a row|running)"),
    ("streak_down", r"^(?:st|nd|rd|th)? (?:loss(?:es)?|falls?|declines?) (?:in a row|running)"),
    ("advances", rf"^ (?:out )?of (?:the )?\x01+{_NOUN_EN[1:]} (?:rose|gained|advanced|climbed|"
     "higher|up|in the green)"),
    ("declines", rf"^ (?:out )?of (?:the )?\x01+{_NOUN_EN[1:]} (?:fell|lost|declined|dropped|"
     "lower|down|in the red)"),
    ("streak_up", r"^(?:st|nd|rd|th)?(?: straight| consecutive)(?: daily)? (?:gains?|rises?|"
     r"advances?)"),
    ("streak_down", r"^(?:st|nd|rd|th)?(?: straight| consecutive)(?: daily)? (?:loss(?:es)?|falls?|"
     r"declines?)"),
    ("advances", rf"{_NOUN_EN} (?:rose|gained|advanced|climbed|were up|up|advancing|advancers|"
     r"gainers|winners|risers|climbers|advances|rising|closed higher|finished higher)"),
    ("declines", rf"{_NOUN_EN} (?:fell|lost|declined|dropped|were down|down|declining|decliners|"
     r"losers|fallers|declines|falling|closed lower|finished lower)"),
    ("advances", rf"{_NOUN_EN}(?: \w+){{0,2}} in (?:the green|positive)(?!\w)"),
    ("declines", rf"{_NOUN_EN}(?: \w+){{0,2}} in (?:the red|negative)(?!\w)"),
    ("unchanged", rf"{_NOUN_EN} (?:were |was |stood |closed |ended )?(?:unchanged|flat|still)"),
    ("coins", r"^ (?:coins|tokens)(?! rose| fell| gained| lost)"),
    ("advances", rf"^{COUNT_FILL['en']}(?:{_UP_EN})(?!\w)"),
    ("declines", rf"^{COUNT_FILL['en']}(?:{_DOWN_EN})(?!\w)"),
    ("unchanged", rf"^{COUNT_FILL['en']}(?:unchanged|flat|put|pat)(?!\w)"),
)  # fmt: skip
_BEFORE_VI = (
    ("advances", r"sắc xanh (?:lan rộng|lan tỏa|lan ra|phủ|bao trùm|ở|tại)[^,.;\x01]{0,12} $"),
    ("declines", r"sắc đỏ (?:lan rộng|lan tỏa|lan ra|phủ|bao trùm|ở|tại)[^,.;\x01]{0,12} $"),
    ("ceilings", r"trần(?:[^,.;]{0,8}|[^,.;\x01]{0,40}(?:là|đạt|lên tới|ở mức|với|có|:)) $"),
    ("floors", r"(?:giảm|nằm|kịch) sàn(?:[^,.;]{0,8}|[^,.;\x01]{0,40}(?:là|đạt|lên tới|ở mức|với|"
     r"có|:)) $|sàn[^,.;]{0,8} $"),
    ("coins", r"(?:trên|trong) tổng số $"),
    ("streak_up", r"tăng(?: điểm)?(?: sang)?(?: phiên)? thứ $|chuỗi (?:phiên )?tăng[^.;]*$"),
    ("streak_down", r"giảm(?: điểm)?(?: sang)?(?: phiên)? thứ $|chuỗi (?:phiên )?giảm[^.;]*$"),
    ("sessions_lowest", r"(?:chưa|không)[^.;,\x01]*thấp hơn[^.;,\x01]*$"),
    ("sessions_highest", r"(?:chưa|không)[^.;,\x01]*cao hơn[^.;,\x01]*$"),
    ("sessions_highest", r"đỉnh (?:mới )?(?:(?:của|trong)[^,.;]*)?$"),
    ("sessions_lowest", r"đáy (?:mới )?(?:(?:của|trong)[^,.;]*)?$"),
    ("streak_up", r"(?<!mã )(?<!đồng )tăng(?: điểm)?(?: liên tiếp| liền| suốt)? $|"
     r"chuỗi tăng(?: dài)? $"),
    ("streak_down", r"(?<!mã )(?<!đồng )giảm(?: điểm)?(?: liên tiếp| liền| suốt)? $|"
     r"chuỗi giảm(?: dài)? $"),
    ("sessions_highest_volume", r"(?:khối lượng|thanh khoản)[^,.;]*(?:cao|lớn|mạnh) nhất[^,.;]*$"),
    (
        "sessions_lowest_volume",
        r"(?:khối lượng|thanh khoản)[^,.;]*(?:thấp|nhỏ|ít|yếu) nhất[^,.;]*$",
    ),
    (
        "sessions_biggest_gain",
        r"tăng(?:(?! và | rồi |vùng|đóng cửa)[^,.;])*(?:lớn|mạnh|nhiều|cao) nhất[^,.;]*$",
    ),
    (
        "sessions_biggest_loss",
        r"giảm(?:(?! và | rồi |vùng|đóng cửa)[^,.;])*(?:lớn|mạnh|nhiều|sâu) nhất[^,.;]*$",
    ),
    ("sessions_biggest_gain", r"tăng[^.;]{0,30}, (?:mức )?(?:mạnh|lớn) nhất[^,.;]{0,12}$"),
    ("sessions_biggest_loss", r"giảm[^.;]{0,30}, (?:mức )?(?:mạnh|lớn|sâu) nhất[^,.;]{0,12}$"),
    ("sessions_biggest_gain", r"mức tăng[^.;]*(?:mạnh|lớn) nhất[^,.;]*$"),
    ("sessions_biggest_loss", r"mức giảm[^.;]*(?:mạnh|lớn|sâu) nhất[^,.;]*$"),
    ("sessions_highest", r"cao nhất[^,.;]*$"),
    ("sessions_lowest", r"thấp nhất[^,.;]*$"),
    (
        "advances",
        r"(?:mã|phía|bên|đồng tiền|đồng) (?:tăng(?! trần)|mua)(?:[^,.;]{0,12}|[^,.;\x01]{0,40}"
        r"(?:là|đạt|lên tới|ở mức|với|có|:)) $",
    ),
    (
        "declines",
        r"(?:mã|phía|bên|đồng tiền|đồng) (?:giảm(?! sàn)|bán)(?:[^,.;]{0,12}|[^,.;\x01]{0,40}"
        r"(?:là|đạt|lên tới|ở mức|với|có|:)) $",
    ),
    ("unchanged", r"đứng giá[^,.;]{0,12} $"),
)  # fmt: skip
_BEFORE_EN = (
    ("advances", r"gains (?:in|for|across) $"),
    ("declines", r"(?:losses|falls) (?:in|for|across) $"),
    ("ceilings", r"(?:ceilings?|limit[- ]up)[^,.;\x01]{0,24} $"),
    ("floors", r"(?:floors?|limit[- ]down)[^,.;\x01]{0,24} $"),
    ("coins", r"out of $"),
    ("sessions_highest_volume", r"(?:heaviest|highest|largest|biggest)[^,.;]* volume[^,.;]*$|"
     r"(?:volume|turnover)[^,.;]*(?:heaviest|highest|largest|biggest)[^,.;]*$"),
    ("sessions_lowest_volume", r"(?:lightest|lowest|thinnest|smallest)[^,.;]* volume[^,.;]*$|"
     r"(?:volume|turnover)[^,.;]*(?:lightest|lowest|thinnest|smallest)[^,.;]*$"),
    ("sessions_lowest", r"(?:not|never) (?:closed|ended|finished|settled|been)[^.;,\x01]*low"
     r"[^.;,\x01]*$"),
    ("sessions_highest", r"(?:not|never) (?:closed|ended|finished|settled|been)[^.;,\x01]*high"
     r"[^.;,\x01]*$"),
    ("sessions_biggest_gain", r"(?:day|session)[^,.;]* (?:strongest|best)[^,.;]*$"),
    ("sessions_biggest_loss", r"(?:day|session)[^,.;]* (?:weakest|worst)[^,.;]*$"),
    ("sessions_biggest_gain", r"(?:largest|biggest|best|steepest|sharpest)[^,.;]* "
     r"(?:gain|rise|advance|day)[^,.;]*$"),
    ("sessions_biggest_loss", r"(?:largest|biggest|deepest|worst|steepest|sharpest|heaviest)"
     r"[^,.;]* "
     r"(?:loss|fall|drop|decline|day)[^,.;]*$"),
    ("streak_up", r"(?:run|streak|series) of (?:gains|rises)[^.;]*$|"
     r"(?:winning|rising) (?:run|streak)(?: of the \w+(?: indices)?)?,? (?:of|to|at|now) $"),
    ("streak_down", r"(?:run|streak|series) of (?:losses|falls)[^.;]*$|"
     r"(?:losing|falling) (?:run|streak)(?: of the \w+(?: indices)?)?,? (?:of|to|at|now) $"),
    ("sessions_highest", r"(?:highest|best close)[^,.;]*$"),
    ("sessions_lowest", r"lowest[^,.;]*$"),
    ("streak_up", r"(?:rose|gained|risen|advanced|up)(?: for| in)?(?: the last| an?)? $"),
    ("streak_down", r"(?:fell|lost|fallen|declined|down)(?: for| in)?(?: the last| an?)? $"),
    ("advances", r"(?:advances|advancers|gainers|advancing (?:stocks|coins|ones)|"
     r"rising ones)[^,.;]{0,12} $"),
    ("declines", r"(?:declines|decliners|losers|declining (?:stocks|coins|ones)|"
     r"falling ones)[^,.;]{0,12} $"),
    ("unchanged", r"unchanged[^,.;]{0,12} $"),
)  # fmt: skip


def _compiled(rows: tuple[tuple[str, str], ...]) -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((name, re.compile(words)) for name, words in rows)


COUNTED_AFTER = {"vi": _compiled(_AFTER_VI), "en": _compiled(_AFTER_EN)}
COUNTED_BEFORE = {"vi": _compiled(_BEFORE_VI), "en": _compiled(_BEFORE_EN)}
