"""The one policy for HTML that somebody else wrote."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reports.publishing import foreign
from reports.publishing.sanitize import (
    MAX_BYTES,
    MAX_CHARTS,
    MAX_OPEN,
    TAGS,
    ForeignHtmlError,
    TooDeepError,
    TooLargeError,
    TooTangledError,
    clean,
    editable,
)
from tests.browser import NewPage
from tests.html import Page
from tests.reports.admin import make_report

if TYPE_CHECKING:
    from playwright.sync_api import Request

PNG = "data:image/png;base64," + base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(40)).decode()
CHART = '<!-- CHART_DATA: {"type":"bar","labels":["A","B"],"values":[3,-1]} -->'
OWN_TAGS = {"section", "svg", "text", "rect", "line"}
ALLOWED = TAGS | OWN_TAGS

# One line each of what browsers were once made to run, or to fetch.
ATTACKS = [
    "<script>hit()</script>",
    "<scr<script>ipt>hit()</scr</script>ipt>",
    "<img src=x onerror=hit()>",
    "<img src='https://evil.example/x.png'>",
    "<svg onload=hit()><script>hit()</script></svg>",
    "<svg><a xlink:href='javascript:hit()'><text y=20>x</text></a></svg>",
    "<svg><animate attributeName=href values=javascript:hit() /></svg>",
    "<svg></p><style><a id='</style><img src=1 onerror=hit()>'>",
    "<math><mi xlink:href='javascript:hit()'>x</mi></math>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src onerror=hit()'>",
    "<form><math><mtext></form><form><mglyph><style></math><img src onerror=hit()>",
    "<noscript><p title='</noscript><img src=x onerror=hit()>'></noscript>",
    "<a href='javascript:hit()'>x</a>",
    "<a href=' &#1; java&#10;script:hit()'>x</a>",
    "<a href='data:text/html,<script>hit()</script>'>x</a>",
    "<a href='vbscript:hit()'>x</a>",
    "<a href='//evil.example'>x</a><a href='/\\evil.example'>x</a><a href='https:/\\evil'>x</a>",
    "<iframe srcdoc='<script>parent.hit()</script>'></iframe>",
    "<object data='data:text/html,<script>hit()</script>'></object><embed src=x>",
    "<base href='https://evil.example/'><a href='/x'>x</a>",
    "<meta http-equiv=refresh content='0;url=https://evil.example/'>",
    "<link rel=stylesheet href='https://evil.example/x'><style>@import '//evil.example'</style>",
    "<p style='background:url(//evil.example/x)'>x</p><table background='//evil.example/'></table>",
    "<form action='https://evil.example/'><input autofocus onfocus=hit()><button>x</button></form>",
    "<input type=image src=x onerror=hit()><video poster='//evil.example/x'><source onerror=hit()>",
    "<details open ontoggle=hit()><summary>x</summary></details>",
    "<template><script>hit()</script></template><div shadowrootmode=open><script>hit()</script>",
    "<textarea><img src=x onerror=hit()></textarea><title><img src=x onerror=hit()></title>",
    "<xmp><img src=x onerror=hit()></xmp><plaintext><img src=x onerror=hit()>",
    "<!--><img src=x onerror=hit()>--><!--!><script>hit()</script>",
    "<![CDATA[<img src=x onerror=hit()>]]>",
    '<!-- CHART_DATA: {"type":"bar","title":"--!><img src=x onerror=hit()>","items":[{"label":'
    '"</text><script>hit()</script>","value":1}]} -->',
    '<a title="<!-- CHART_DATA: {} -->" href="https://a.example/">x</a>',
    '<figure data-chart="0" onclick="hit()"></figure><figure data-chart="99"></figure>',
    "<p id=main class='report fig'>x</p><img name=getElementById><a id=location href='#main'>x</a>",
]


def tags_of(html: str) -> Page:
    """The page, after checking what every cleaned text promises."""
    page = Page(html)
    assert {item.tag for item in page.elements} <= ALLOWED | {"path", "circle", "polyline"}
    for item in page.elements:
        names = set(item.attributes)
        assert not {name for name in names if name.startswith("on")} | (names & {"style", "name"})
        assert item.attributes.get("href", "#").startswith(("#", "/", "http", "mailto:"))
        assert item.attributes.get("src", "data:image/").startswith("data:image/")
    assert all(name.startswith(("x-", "h-x-")) for name in page.ids())
    assert len(page.ids()) == len(set(page.ids()))
    assert not page.all("h1")
    return page


WORD = st.sampled_from(["a", " ", "Giá & <b>", "đ", "&lt;", "\n", "\0", "\u202e"])
TAG = st.sampled_from(
    [*sorted(TAGS), "section", "script", "style", "svg", "template", "form", "x-y", "plaintext"]
)
ATTRIBUTE = st.sampled_from(
    [
        "",
        " id=A",
        ' id="h-x-a"',
        " class='up container'",
        " href='#a'",
        " href=https://a.example/?a&b",
        " href=javascript:x",
        f" src={PNG}",
        " src=x onerror=y",
        " style=color:red",
        " lang=en",
        " colspan=2",
    ]
)
OPEN = st.builds(lambda tag, attribute: f"<{tag}{attribute}>", TAG, ATTRIBUTE)
CLOSE = st.builds(lambda tag: f"</{tag}>", TAG)
PIECE = st.one_of(WORD, OPEN, CLOSE, st.just(CHART), st.sampled_from(ATTACKS), st.just("<!--"))
SOUP = st.lists(PIECE, max_size=24).map("".join)


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(SOUP)
def test_whatever_comes_in_only_listed_markup_comes_out_and_cleaning_again_changes_nothing(
    html: str,
) -> None:
    cleaned = clean(html).html
    tags_of(cleaned)
    assert clean(cleaned).html == cleaned
    assert clean(editable(cleaned)).html == cleaned


def test_known_attacks_leave_nothing_behind() -> None:
    for attack in ATTACKS:
        page = tags_of(clean(f"<p>trước</p>{attack}<p>sau</p>").html)
        assert "trước" in page.text, attack


@pytest.mark.browser
def test_in_a_browser_no_attack_runs_and_nothing_leaves(new_page: NewPage, live_site: str) -> None:
    body = clean("".join(f"<h2>{number}</h2>{text}" for number, text in enumerate(ATTACKS))).html
    report = make_report(status="published", html_content=body, origin="imported")
    page = new_page()
    asked: list[str] = []

    def note(request: Request) -> None:
        if not request.url.startswith(live_site) and not request.url.startswith("data:"):
            asked.append(request.url)

    page.on("request", note)
    page.add_init_script("window.hits = 0; window.hit = () => { window.hits += 1; }")
    page.goto(f"/reports/{report.slug}/", wait_until="load")
    for link in page.locator(".body a[href^='#'], .body summary").all():
        link.click()
    assert page.evaluate("window.hits") == 0
    assert asked == []
    assert page.locator("h1").count() == 1
    assert page.locator(".body script, .body style, .body iframe, .body [style]").count() == 0


# What is kept, and how it is set out


def test_headings_begin_below_the_pages_own_and_keep_their_order() -> None:
    page = tags_of(clean("<h1>A</h1><h4>B</h4><h6>C</h6><h4>D</h4><h1>E</h1>").html)
    found = [(item.tag, item.text) for item in page.elements if item.tag in foreign.HEADINGS]
    assert found == [("h2", "A"), ("h3", "B"), ("h4", "C"), ("h3", "D"), ("h2", "E")]
    assert [item.attributes["id"] for item in page.all("section")] == ["x-1", "x-2"]


def test_layout_boxes_become_paragraphs_and_lists_and_tables_stay() -> None:
    html = clean(
        "<div class=row><div>Một <span>câu</span></div>rời<div><p>Hai</p></div><div> </div></div>"
        "<ul><p>a</p><li><div>b</div></ul><b><p>đậm</p></b>"
        "<table><tr><th>Mã<th>Giá<tr><td>FPT<td>125,5</table>"
    ).html
    assert [item.text for item in tags_of(html).all("p")] == ["Một câu", "rời", "Hai", "đậm"]
    assert "<p><b>đậm</b></p>" in html
    assert [item.text for item in Page(html).all("li")] == ["a", "b"]
    box = Page(html).one("div", class_="scroll")
    assert (box.get("tabindex"), box.get("role"), box.get("aria-label")) == ("0", "region", "Bảng")
    assert [item.text for item in Page(html).all("td")] == ["FPT", "125,5"]


def test_links_are_marked_and_those_within_follow_their_target() -> None:
    page = tags_of(
        clean(
            "<h2 id=Mục>Mục</h2><a href='#Mục'>a</a><a href='#elsewhere'>b</a>"
            "<a href='https://a.example/' target=_blank>c</a><a href='mailto:a@b.vn'>d</a>"
            "<a href='tel:113'>e</a>"
        ).html
    )
    assert [item.get("href") for item in page.all("a")] == [
        "#x-muc",
        "#main",
        "https://a.example/",
        "mailto:a@b.vn",
    ]
    assert page.one("a", href="https://a.example/").get("rel") == "nofollow noopener"
    assert not any("target" in item.attributes for item in page.all("a"))


def test_small_images_within_the_text_stay_and_all_others_go() -> None:
    fake = "data:image/png;base64," + base64.b64encode(b"<svg onload=x>").decode()
    large = PNG + "A" * 120_000
    svg = "data:image/svg+xml;base64,AAAA"
    html = "".join(f"<img src='{src}' alt=x>" for src in (PNG, fake, large, svg, "/static/x.png"))
    found = clean(html)
    assert [item.get("src") for item in Page(found.html).all("img")] == [PNG]
    assert found.removed["image"] == 4


def test_the_title_and_the_summary_are_taken_from_the_top() -> None:
    found = clean(
        "<div><h1>Thị trường <b>ngày</b> 20/10</h1><p>VN-Index tăng.</p><p>Chi tiết</p></div>",
        take_title=True,
    )
    assert (found.title, found.summary) == ("Thị trường ngày 20/10", "VN-Index tăng.")
    assert found.html == "<p>Chi tiết</p>"
    later = clean("<p>Trước</p><h2>Sau</h2>", take_title=True)
    assert (later.title, later.summary) == ("Sau", "Trước")
    assert Page(later.html).one("h2").text == "Sau"


def test_what_was_removed_is_counted_by_name() -> None:
    found = clean("<script>x</script><p onclick=x style=y>a</p><a href=javascript:x>b</a><SCRIPT>")
    assert found.removed == {"script": 2, "onclick": 1, "style": 1, "link": 1}
    assert not clean("<section><p>a</p></section>").removed


# Bounds


def test_too_much_and_too_deep_are_refused_with_the_reason() -> None:
    with pytest.raises(TooLargeError, match="1,000,003 bytes"):
        clean("<p>" + "a" * MAX_BYTES)
    with pytest.raises(TooDeepError, match="400 elements"):
        clean("<div>" * (MAX_OPEN + 1))
    assert clean("<p>" * 9000 + "a").html == "<p>a</p>"


@pytest.mark.parametrize("tag", ["blockquote", "details", "b", "span lang=vi", "figure"])
def test_deep_nesting_lies_flat_below_a_bound(tag: str) -> None:
    html = clean(f"<{tag}>" * 390 + "đáy").html
    depth = deepest = 0
    for piece in html.split("<")[1:]:
        depth += -1 if piece.startswith("/") else 1
        deepest = max(deepest, depth)
    assert deepest <= foreign.MAX_DEPTH + 2
    assert "đáy" in html


@pytest.mark.parametrize("piece", ["<b>x</p>", "<li><ul>", "<b a=%d>", "<dl><dt>", "<a><table>"])
def test_what_takes_nh3_minutes_is_refused_before(piece: str) -> None:
    with pytest.raises(TooDeepError):
        clean(piece * (MAX_BYTES // len(piece)))


@pytest.mark.parametrize(
    "piece",
    [
        "<b><!--</b>-->x</p>",
        "<b a='</b>'>x</p>",
        "<b>x</b.></p>",
        "<b><style></b></style>x</p>",
        "<b><STYLE><i x='</style><!-- '></b>-->x</p>",
    ],
)
def test_what_only_looks_like_an_end_closes_nothing(piece: str) -> None:
    with pytest.raises((TooDeepError, TooTangledError)):
        clean(piece * (MAX_OPEN + 1))
    assert clean("<!-- <b> </b> <div></div> -->" * 900 + "a").html == "<p>a</p>"


@pytest.mark.parametrize(
    "piece", ["<i a='", "<i a=\"x' b=", "<i  =", "<i a=' \"", "<!-- <i", "<i \t\n"]
)
def test_tags_that_never_end_are_refused_in_one_pass(piece: str) -> None:
    with pytest.raises(ForeignHtmlError):
        clean(piece * (MAX_BYTES // len(piece)))


@pytest.mark.parametrize(
    "start",
    [
        "<a href='https://a.example/" + "a" * 1500 + "'>",
        "<b x='>' " + " ".join(f"a{number}" for number in range(4000)) + ">",
        "".join(f"<i lang=a{letter}>" for letter in "abcdefghijklmnopqrstuvwxyz"),
        "<abbr title=a>" * 30,
    ],
    ids=["a link", "attributes", "many", "inline"],
)
def test_what_a_parser_would_repeat_until_the_memory_ends_is_refused(start: str) -> None:
    """A parser carries what stands open into each paragraph that follows."""
    with pytest.raises(TooTangledError):
        clean(f"<p>{start}" + "<p>x" * 100_000)
    assert clean(f"<p>{start}" + "<p>x" * 20).html.count("x</") == 20


def test_a_chart_is_drawn_once_whoever_names_its_place() -> None:
    place = f'<figure {foreign.PLACE}="0"></figure>'
    assert clean(CHART + place * 50).html == clean(CHART).html


def test_a_link_of_extravagant_length_goes() -> None:
    found = clean("<a href='https://a.example/" + "a" * 2000 + "'>x</a>")
    assert (found.html, found.removed["link"]) == ("<p>x</p>", 1)


@pytest.mark.parametrize(
    "piece", ["<!-- CHART_DATA:", "<img ", "<p><i></i>", "&amp", "<!--", "</p>"]
)
def test_a_megabyte_of_spite_is_read_in_one_pass(piece: str) -> None:
    """Whatever looked back from each piece would not end today."""
    assert len(clean(piece * (MAX_BYTES // len(piece))).html) <= 2 * MAX_BYTES


def test_charts_are_bounded_in_number() -> None:
    assert clean(CHART * (MAX_CHARTS + 5)).html.count("<figure") == MAX_CHARTS
