"""Feeds are read in every dialect, and a hostile one costs a FeedError at most."""

from __future__ import annotations

import codecs
import tracemalloc
import unicodedata
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reports.writing.feeds import (
    LONGEST_SUMMARY,
    LONGEST_TITLE,
    MOST_ENTRIES,
    Entry,
    FeedError,
    moment,
    parse,
)
from reports.writing.plain import page_key, plain, text_of, web_address
from tests.upstreams import Call
from tests.upstreams.feeds import atom, rss
from tests.upstreams.replies import Stage

ADDRESS = "https://tin.example/rss/chung-khoan.rss"
NOON = datetime(2026, 8, 21, 5, tzinfo=UTC)
STAGE = Stage("eod", lambda: NOON)
CALL = Call("feeds.rss", "GET", "/", {}, {}, b"")
RSS_BODY: bytes = rss(CALL, STAGE).content()[2]
ATOM_BODY: bytes = atom(CALL, STAGE).content()[2]


def channel(items: str, head: str = '<?xml version="1.0"?>') -> bytes:
    return f'{head}<rss version="2.0"><channel><title>x</title>{items}</channel></rss>'.encode()


def item(inside: str, title: str = "Tin", link: str = "https://tin.example/1") -> str:
    return f"<item><title>{title}</title><link>{link}</link>{inside}</item>"


def one(content: bytes, kind: str = "application/rss+xml") -> Entry:
    (entry,) = parse(content, kind, ADDRESS)
    return entry


def titled(title: str) -> str:
    return one(channel(item("", title))).title


def summarised(description: str) -> str:
    return one(channel(item(f"<description>{description}</description>"))).summary


# Dialects


def test_rss_2_is_read() -> None:
    first, *others = parse(RSS_BODY, "application/rss+xml", ADDRESS)
    assert first.title == "Khối ngoại mua ròng phiên thứ ba liên tiếp"
    assert first.summary == (
        "Khối ngoại mua ròng 512 tỷ đồng trên HOSE & tập trung vào nhóm ngân hàng."
    )
    assert first.url == "https://tin.example/khoi-ngoai-mua-rong.html"
    assert first.published == datetime(2026, 8, 21, 6, 10, tzinfo=UTC)
    assert [entry.summary for entry in others] == ["Lãi suất tái cấp vốn ở mức 4,5%.", ""]


def test_atom_is_read() -> None:
    first, second = parse(ATOM_BODY, "application/atom+xml", ADDRESS)
    assert first.summary.startswith("Khối ngoại mua ròng 512 tỷ đồng trên HOSE &")
    assert second == Entry(
        "Bitcoin ETFs draw inflows for a fifth day",
        "Funds took in $310 million on Thursday.",
        "https://coin.example/bitcoin-etf-inflows",
        datetime(2026, 8, 21, 5, 10, tzinfo=UTC),
    )


def test_rss_1_is_read() -> None:
    body = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
      xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">
      <channel rdf:about="x"><title>Kênh</title><items><rdf:Seq/></items></channel>
      <item rdf:about="https://tin.example/1"><title>Tin</title>
      <link>https://tin.example/1</link><description>Tóm tắt</description>
      <dc:date>2026-08-21T12:00+07:00</dc:date></item></rdf:RDF>"""
    assert one(body.encode()) == Entry("Tin", "Tóm tắt", "https://tin.example/1", NOON)


def test_atom_says_of_each_text_whether_it_is_html() -> None:
    body = """<feed xmlns="http://www.w3.org/2005/Atom"><entry>
      <title>P/E &lt; 10 &amp;amp; tăng</title><link rel="self" href="https://tin.example/self"/>
      <link rel="enclosure" href="https://tin.example/a.mp3"/><link href="/bai/1"/>
      <summary type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>Một</p><p>h<b>a</b>i
      &lt;3</p><script>alert(1)</script></div></summary>
      <updated>2026-08-21T05:00:00Z</updated></entry></feed>"""
    found = one(body.encode())
    assert found == Entry("P/E < 10 &amp; tăng", "Một hai <3", "https://tin.example/bai/1", NOON)


def test_names_of_other_vocabularies_are_no_parts_of_an_entry() -> None:
    body = """<rss version="2.0" xmlns:media="http://search.yahoo.com/mrss/"
      xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>
      <item><media:title>Ảnh</media:title><media:description>x</media:description>
      <title>Tin</title><content:encoded><![CDATA[<p>Cả bài</p>]]></content:encoded>
      <guid>https://tin.example/1</guid></item></channel></rss>"""
    assert one(body.encode()) == Entry("Tin", "Cả bài", "https://tin.example/1", None)


def test_a_summary_comes_before_the_whole_text() -> None:
    inside = "<content>Cả bài</content><description>Tóm tắt</description>"
    assert one(channel(item(inside))).summary == "Tóm tắt"


@pytest.mark.parametrize(
    "broken",
    [
        item("", title=""),
        item("", title="<![CDATA[<img src='a'>]]>"),
        item("", link=""),
        "<item><title>Tin</title><guid isPermaLink='false'>https://tin.example/1</guid></item>",
        "<item><title>Tin</title><guid>/1</guid></item>",
        item("", link="javascript:alert(1)"),
        item("", link="JaVa\tScript:alert(1)"),
        item("", link="data:text/html,x"),
        item("", link="file:///etc/passwd"),
        item("", link="https://user:word@tin.example/"),
        item("", link="https://[::1]/"),
        item("", link="http://127.0.0.1/"),
        item("", link="http://2130706433/"),
        item("", link="http://localhost/"),
        item("", link="https://[/"),
        item("", link="https://a..example/"),
        item("", link="https://tin.example:port/"),
        item("", link=f"https://tin.example/{'x' * 2000}"),
    ],
)
def test_an_entry_without_title_or_web_address_costs_itself_alone(broken: str) -> None:
    assert one(channel(broken + item("", "Tin sau"))).title == "Tin sau"


@pytest.mark.parametrize(
    ("link", "address"),
    [
        ("/bai/1.html", "https://tin.example/bai/1.html"),
        ("bai 1.html", "https://tin.example/rss/bai%201.html"),
        ("//cdn.example/x", "https://cdn.example/x"),
        ("HTTP://Tin.Example/X#doan", "http://tin.example/X"),
        ("https://tin.example/1?utm_source=rss&amp;id=7&amp;fbclid=z", "https://tin.example/1?id=7"),
        ("https://tin.example/?zarsrc=30", "https://tin.example/"),
        ("https://báo.example/tiếng-việt", "https://xn--bo-mia.example/ti%E1%BA%BFng-vi%E1%BB%87t"),
        ("https://tin.example/[[n1]]\\\"&lt;x&gt;", "https://tin.example/%5B%5Bn1%5D%5D%5C%22%3Cx%3E"),
    ],
)  # fmt: skip
def test_a_link_becomes_a_clean_absolute_address(link: str, address: str) -> None:
    assert one(channel(item("", link=link))).url == address


# Bytes and encodings

VIETNAMESE = "Cổ phiếu tăng 5%"


def test_a_byte_order_mark_says_the_encoding() -> None:
    body = channel(item("", VIETNAMESE), "").decode()
    for mark, name in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):
        assert one(mark + body.encode(name), "text/xml; charset=iso-8859-1").title == VIETNAMESE


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("utf-8", VIETNAMESE),
        ("utf-16", VIETNAMESE),
        ("iso-8859-1", "Café à Hué"),
        ("windows-1252", "Giá “vàng” – 80 €"),
        ("windows-1258", "Đà Nă\u0303ng"),
    ],
)
def test_a_declared_encoding_is_read(name: str, title: str) -> None:
    head = f'<?xml version="1.0" encoding="{name}"?>'
    text = channel(item("", title), head).decode()
    assert one(text.encode(name)).title == unicodedata.normalize("NFC", title)


def test_the_header_names_the_encoding_where_the_file_does_not() -> None:
    text = channel(item("", "Café")).decode()
    assert one(text.encode("latin-1"), "text/xml; charset=ISO-8859-1").title == "Café"


@pytest.mark.parametrize("declared", ["iso-8859-1", "utf-16", "windows-1258", "us-ascii"])
def test_what_is_utf_8_is_read_as_that_whatever_it_claims(declared: str) -> None:
    head = f'<?xml version="1.0" encoding="{declared}"?>'
    assert one(channel(item("", VIETNAMESE), head), f"text/xml; charset={declared}").title == (
        VIETNAMESE
    )


@pytest.mark.parametrize("declared", ["zip", "unicode_escape", "utf-7", "rot13", "nowhere", "hex"])
def test_an_odd_encoding_is_not_obeyed(declared: str) -> None:
    head = f'<?xml version="1.0" encoding="{declared}"?>'
    body = channel(item("", "Caf\\u0041"), head).replace(b"Caf", b"Caf\xe9")
    assert one(body).title == "Caf�\\u0041"


def test_a_broken_character_costs_itself_alone() -> None:
    body = channel(item("<description>tr\xc3n</description>", VIETNAMESE)).replace(
        "trÃn".encode(), b"tr\xe1n"
    )
    found = one(body)
    assert (found.title, found.summary) == (VIETNAMESE, "tr�n")


@pytest.mark.parametrize("kind", ["", "text/html", "application/json", "image/png; charset=???"])
def test_the_body_says_what_it_is_not_the_header(kind: str) -> None:
    assert len(parse(RSS_BODY, kind, ADDRESS)) == 3


# Hostile XML

LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
HOSTILE = {
    "billion laughs": channel(
        item("<description>&l9;</description>"),
        f'<!DOCTYPE rss [<!ENTITY l0 "lol">{LAUGHS}]>',
    ),
    "external entity": channel(
        item("<description>&x;</description>"),
        '<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
    ),
    "parameter entity": channel(
        item(""), '<!DOCTYPE rss [<!ENTITY % x SYSTEM "http://127.0.0.1/x.dtd"> %x;]>'
    ),
    "quadratic": channel(
        item(f"<description>{'&a;' * 1000}</description>"),
        f'<!DOCTYPE rss [<!ENTITY a "{"x" * 10_000}">]>',
    ),
    "element model": channel(item(""), f"<!DOCTYPE rss [<!ELEMENT rss {'(' * 50_000}>]>"),
    "attribute default": channel(item(""), '<!DOCTYPE rss [<!ATTLIST item x CDATA "y">]>'),
    "deep": channel("<a>" * 100_000),
    "deep in an entry": channel("<item><title>" + "<b>" * 100_000),
    "web page": b"\xef\xbb\xbf\n<!DOCTYPE html><html><body>403</body></html>",
    "web page in XML": b'<html xmlns="http://www.w3.org/1999/xhtml"><body/></html>',
    "another language": b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>',
    "RDF of something else": b"<RDF><item/></RDF>",
    "truncated": RSS_BODY[: len(RSS_BODY) // 2],
    "truncated in a character": RSS_BODY[:250],
    "undeclared prefix": channel("<item><dc:date>x</dc:date></item>"),
    "undefined entity": channel(item("", "Giá&nbsp;vàng")),
    "unescaped": channel(item("", "A & B")),
    "empty": b"",
    "blank": b" \r\n\t",
    "zeros": b"\0" * 1000,
    "JSON": b'{"items": []}',
    "text": "Xin chào".encode(),
    "gzip": b"\x1f\x8b\x08\x00" + bytes(range(256)),
    "two roots": RSS_BODY + RSS_BODY,
    "a mark alone": codecs.BOM_UTF16_LE,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_body_is_refused_with_a_short_reason(name: str) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(FeedError) as caught:
            parse(HOSTILE[name], "application/rss+xml", ADDRESS)
        assert tracemalloc.get_traced_memory()[1] < 8 * len(HOSTILE[name]) + 500_000
    finally:
        tracemalloc.stop()
    assert 0 < len(str(caught.value)) < 80
    assert "passwd" not in str(caught.value)


def test_an_old_document_type_is_not_fetched_and_its_entities_are_html_s() -> None:
    head = (
        '<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" '
        '"http://127.0.0.1:9/rss-0.91.dtd">'
    )
    body = channel(item("", "Gi&aacute;&nbsp;v&agrave;ng &nowhere; &x;"), head)
    assert one(body).title == "Giá vàng &nowhere; &x;"


def test_no_more_entries_than_the_cap_are_kept_of_a_large_feed() -> None:
    body = channel(item("<description>x</description>") * 60_000)
    assert len(body) > 5_000_000
    assert len(parse(body, "", ADDRESS)) == MOST_ENTRIES


def test_a_part_of_five_megabytes_is_cut_while_it_is_read() -> None:
    body = channel(item(f"<description>{'<![CDATA[từ ]]>' * 300_000}</description>"))
    assert len(body) > 5_000_000
    tracemalloc.start()
    summary = one(body).summary
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(summary) <= LONGEST_SUMMARY
    assert peak < 6 * len(body)  # the bytes, their text, and what expat is handed


# Texts


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<![CDATA[<p>Giá <b>vàng</b></p><p>tăng</p>]]>", "Giá vàng tăng"),
        ("<![CDATA[VN<b>-Index</b> tăng<br>mạnh]]>", "VN-Index tăng mạnh"),
        ("&lt;p&gt;Giá &amp;lt; 5 &amp;amp; P/E&lt;/p&gt;", "Giá < 5 & P/E"),
        ("<![CDATA[a < b, c > d]]>", "a < b, c > d"),
        ("<![CDATA[<script>alert('x')</script>còn <style>p{}</style>lại]]>", "còn lại"),
        ("<![CDATA[trước <!-- <b>ẩn</b> --> sau]]>", "trước sau"),
        ("<![CDATA[trước <script>không đóng]]>", "trước"),
        ("<![CDATA[trước <!-- không đóng]]>", "trước"),
        ('<![CDATA[trước <img alt="bị cắt]]>', "trước"),
        ('<![CDATA[<img alt="a > b">sau]]>', "sau"),
        ("<![CDATA[dòng\r\n\tmới&nbsp;\u3000rộng]]>", "dòng mới rộng"),
        ("<![CDATA[&#0;&#8;&#x202e;&#99999999999;x&#x200b;y]]>", "\ufffd\ufffdxy"),
        (f"<![CDATA[&#{'9' * 5000};x]]>", "\ufffdx"),
        ("<p>thẻ <b>trần</b></p>", "thẻ trần"),
    ],
)
def test_html_becomes_plain_text(markup: str, text: str) -> None:
    assert summarised(markup) == text


@pytest.mark.parametrize(
    "hidden",
    ["\u202e", "\u202a", "\u2066", "\u2069", "\u200e", "\u200b", "\u200d", "\ufeff", "\u00ad",
     "\ufe0f", "\u034f", "\u3164", "\U000e0041", "\U000e0100", "\ue000", "\x85\x07", "\x9b"],
)  # fmt: skip
def test_what_cannot_be_seen_is_not_kept(hidden: str) -> None:
    assert plain(f"tăng{hidden} mạnh", 50) == "tăng mạnh"


def test_texts_are_composed_and_cut_at_a_word() -> None:
    assert plain(unicodedata.normalize("NFD", VIETNAMESE), 50) == VIETNAMESE
    assert plain("Cổ phiếu ngân hàng", 12) == "Cổ phiếu…"
    assert plain("x" * 20, 5) == "xxxx…"
    assert len(titled("chữ " * 500)) <= LONGEST_TITLE
    assert len(summarised("chữ " * 5000)) <= LONGEST_SUMMARY


@pytest.mark.parametrize("bit", ['<a ">', "<a '>", "<!--", "<", "<a", "<script>", "<a '\"", "&#x"])
def test_markup_of_no_sense_takes_linear_time(bit: str) -> None:
    assert len(text_of(bit * 20_000, 300)) <= 300


def test_a_heap_of_accents_is_not_put_in_order() -> None:
    heap = "\u0301\u0323" * 500_000  # takes an hour: each is carried past all before it
    assert len(plain(f"a{heap}", 300)) <= 300
    assert web_address(f"https://a{heap}.example/") == ""


# Times


@pytest.mark.parametrize(
    "text",
    [
        "Fri, 21 Aug 2026 12:00:00 +0700",
        "Fri, 21 Aug 26 12:00:00 +0700",
        "21 Aug 2026 12:00 +0700",
        "Fri, 21 Aug 2026 05:00:00 GMT",
        "Fri, 21 Aug 2026 05:00:00 -0000",
        "Fri, 21 Aug 2026 12:00:00 GMT+7",
        "Fri, 21 Aug 2026 12:00:00 UTC+07:00",
        "Fri, 21 Aug 2026 12:00:00 ICT",
        "Fri, 21 Aug 2026 12:00:00",
        "\n Fri, 21 Aug 2026\n12:00:00 +0700 ",
        "2026-08-21T05:00:00Z",
        "2026-08-21T12:00:00.000+07:00",
        "2026-08-21T12:00",
        "2026-08-21 12:00:00",
    ],
)
def test_a_time_is_read_and_vietnams_where_it_names_no_zone(text: str) -> None:
    assert moment(text) == NOON


@pytest.mark.parametrize(
    "text",
    ["", "hôm qua", "21/08/2026 12:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00",
     "2026-13-01", "Fri, 99 Aug 2026 12:00:00 +0700", "1787270400", "Thu, 01 Jan 1970 00:00:00 GMT",
     "Fri, 21 Aug 2026 12:00:00 +99999", "Fri", ",", "2026-08-21T" + "9" * 5000],
)  # fmt: skip
def test_what_is_no_time_is_unknown(text: str) -> None:
    assert moment(text) is None


# Whatever comes

thorough = settings(
    max_examples=300,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
BITS = [b"<", b">", b"&", b"]]>", b"<![CDATA[", b"&#", b"\0", b"\xff", b'"', b"<item>", b"</item>",
        b"<?xml encoding='utf-16'?>", b"<!DOCTYPE x [", b"xmlns='a'", b"&amp;lt;b&amp;gt;",
        b"\xe2\x80\xae", b"<link>", b"javascript:", b"9" * 30]  # fmt: skip


@st.composite
def spoilt(draw: st.DrawFn) -> bytes:
    """A sound feed with one to four bits of it exchanged."""
    body = draw(st.sampled_from([RSS_BODY, ATOM_BODY]))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(body)))
        end = draw(st.integers(start, min(start + 60, len(body))))
        bit = draw(st.one_of(st.sampled_from(BITS), st.binary(max_size=12)))
        body = body[:start] + bit + body[end:]
    return body


def outcome(body: bytes, kind: str) -> tuple[list[Entry], str]:
    try:
        return parse(body, kind, ADDRESS), ""
    except FeedError as error:
        return [], str(error)


@thorough
@given(body=st.one_of(spoilt(), st.binary(max_size=200)), kind=st.text(max_size=60))
def test_any_body_gives_sound_entries_or_our_error(body: bytes, kind: str) -> None:
    entries, reason = outcome(body, kind)
    assert len(reason) < 80
    for entry in entries:
        assert 0 < len(entry.title) <= LONGEST_TITLE
        assert len(entry.summary) <= LONGEST_SUMMARY
        assert all(text == plain(text, 1000) for text in (entry.title, entry.summary))
        assert entry.url.startswith(("http://", "https://"))
        assert web_address(entry.url) == entry.url
        assert page_key(entry.url)
        assert entry.published is None or entry.published.tzinfo is UTC


@thorough
@given(text=st.text(max_size=60))
def test_any_text_gives_a_time_or_none_and_an_address_or_none(text: str) -> None:
    found = moment(text)
    assert found is None or found.utcoffset() is not None
    address = web_address(text, ADDRESS)
    assert web_address(address) == address
