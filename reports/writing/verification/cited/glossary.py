"""Words of the trade and names of places as English and Vietnamese write them.

No topic is known here: these only say which word of an item a word of the other language is.
"""

from __future__ import annotations

import re
from functools import lru_cache

# A row: English words = Vietnamese words. Where two could begin at one letter, the longer is first.
_TERMS = r"""
average=bình quân; bank\w*|lenders?=ngân hàng; bond\w*=trái phiếu; capital=vốn; coal=than;
coffee=cà phê; compan\w+|firms?|enterprises?=doanh nghiệp|công ty; construct\w+=xây dựng;
consum\w+=tiêu dùng|tiêu thụ; contracts?=hợp đồng; copper=giá đồng; core=cơ bản|lõi;
costs?=chi phí; customers?=khách hàng; deals?=thương vụ; debts?=nợ; deliver\w+=bàn giao;
demand=nhu cầu; deposits?=tiền gửi|huy động; develop\w+=phát triển; disburse\w*=giải ngân;
domestic=trong nước|nội địa; economy|economic=kinh tế; electricity|power=điện;
employ\w+|jobs?|workers?=việc làm|lao động; energy=năng lượng; equipment=thiết bị;
fertili[sz]er\w*=phân bón; flights?=chuyến bay; food=thực phẩm|lương thực; forecasts?=dự báo;
freight=cước; fuel=nhiên liệu; funds?=quỹ; gap|spread|difference=chênh lệch; gas=khí|xăng;
garments?|textiles?=dệt may; government=chính phủ; hydropower=thủy điện; income=thu nhập;
industr\w+=công nghiệp; insur\w+=bảo hiểm; inventor\w+=tồn kho; investors?=nhà đầu tư;
invest\w+=đầu tư; iron ore=quặng sắt; issu\w+=phát hành; land=đất; loans?|lending=cho vay|vay;
loss(?:es)?=lỗ; margins?=biên lợi nhuận; matur\w+=đáo hạn|trước hạn; ministr\w+=bộ;
orders?=đơn hàng; outlook=triển vọng; passengers?=hành khách; plans?=kế hoạch;
output|production|manufactur\w+=sản lượng|sản xuất|chế biến;
pledg\w+|registered=đăng ký|cam kết; ports?=cảng; private=tư nhân;
public=công(?! (?:ty|nghiệp|nghệ|bố)); sales|receipts?=doanh số|doanh thu; retail\w*=bán lẻ;
rice=gạo; rubber=cao su; rivals?=đối thủ; services?=dịch vụ;
shares?|stocks?=cổ phiếu|chứng khoán; shipments?=lô hàng|xuất xưởng; spend\w*=chi tiêu;
stak\w+=đặt cọc; state=nhà nước; suppl(?:y|ies)=nguồn cung; targets?=mục tiêu; tax\w*=thuế;
touris\w+=du lịch; trade|trading=thương mại|giao dịch; unemploy\w+|jobless=thất nghiệp;
vehicles?|cars?=xe|ô tô; visitors?|arrivals=khách|lượt khách; volume=khối lượng|lượng;
wages?=lương; world|global=thế giới|toàn cầu; yen=yên; won=đồng won|tỷ won; euro=euro;
yuan=nhân dân tệ
"""
_PLACES = r"""
fed=Fed|Federal Reserve|Cục Dự trữ [Ll]iên bang(?: Mỹ)?;
ecb=ECB|European Central Bank|Ngân hàng Trung ương [Cc]hâu Âu;
korea=South Korea(?:n|ns)?|Korea(?:n|ns)?|Hàn Quốc|K(?:ospi|OSPI); china=Chin(?:a|ese)|Trung Quốc;
japan=Japan(?:ese)?|Nhật(?: Bản)?|Nikkei(?: 225)?; germany=German(?:y|s)?|Đức;
us=US|U\.S\.|United States|America(?:n|ns)?|Mỹ|Hoa Kỳ; france=France|French|Pháp;
britain=UK|Britain|British|Anh; europe=EU|Europe(?:an)?|[Cc]hâu Âu; india=India(?:n|ns)?|Ấn Độ;
thailand=Thai(?:land|s)?|Thái Lan; taiwan=Taiwan(?:ese)?|Đài Loan; russia=Russia(?:n|ns)?|Nga;
hong kong=Hong Kong|Hồng Kông|Hang Seng; australia=Australia(?:n|ns)?|Úc; italy=Ital(?:y|ian)|Ý;
cambodia=Cambodia(?:n|ns)?|Campuchia; philippines=Philippines?|Filipino|Philippin;
spain=Spain|Spanish|Tây Ban Nha; hanoi=Hanoi|Hà Nội; singapore=Singapore; malaysia=Malaysia;
saigon=TP\.? ?HCM|Ho Chi Minh City|HCMC|TP\. Hồ Chí Minh|Thành phố Hồ Chí Minh;
laos=Laos|Lào(?! Cai);
indonesia=Indonesia; brazil=Brazil; canada=Canada; mexico=Mexico; ukraine=Ukraine; iran=Iran;
israel=Israel; saudi=Saudi; london=London
"""


def _compiled(rows: list[str]) -> re.Pattern[str]:
    words = "|".join(f"(?P<g{at}>{row})" for at, row in enumerate(rows))
    return re.compile(rf"(?<!\w)(?:{words})(?!\w)")


def _split(table: str) -> list[tuple[str, str]]:
    rows = (row.strip().partition("=") for row in table.replace("\n", " ").split(";"))
    return [(left, right) for left, _, right in rows]


_TERM_ROWS = _split(_TERMS)
_TERM = _compiled([f"{english}|{vietnamese}" for english, vietnamese in _TERM_ROWS])
_PLACE_ROWS = _split(_PLACES)
_PLACE = _compiled([words for _, words in _PLACE_ROWS])


@lru_cache(maxsize=512)
def terms(low: str) -> frozenset[str]:
    """The words of the trade in a lower-case text, each by its row."""
    return frozenset(match.lastgroup or "" for match in _TERM.finditer(low))


def places(text: str) -> list[tuple[int, int, str]]:
    """Where places and institutions stand, and one name for each."""
    return [
        (match.start(), match.end(), f"§{_PLACE_ROWS[int((match.lastgroup or 'g0')[1:])][0]}")
        for match in _PLACE.finditer(text)
    ]
