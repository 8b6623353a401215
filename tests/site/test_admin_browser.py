"""The admin in a real Chromium, under the site's own policy: no fault, no overflow, real work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.auth.models import User

from market.breaker import Breakers
from market.models import Closure, Index, Overview, Quote, RejectedQuote
from market.sources.base import SourceRefused
from marketsite import clock
from reports import tokens
from reports.models import (
    DayBudget,
    ModelCall,
    OriginalReport,
    Report,
    Run,
    RunBudget,
    Schedule,
    Step,
)
from reports.writing import pipeline
from reports.writing.order import ORDER
from reports.writing.progress import progress_of
from reports.writing.prompts.versions import store
from tests.browser import DESKTOP, PHONE, NewPage, SignIn, Theme
from tests.pages import LANGUAGES, Write
from tests.people import editor, superuser
from tests.reports.admin import change, make_report, url

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
COLOUR = "getComputedStyle(document.body).color"
INK: dict[Theme, str] = {"light": "rgb(22, 24, 29)", "dark": "rgb(233, 231, 225)"}
HARMLESS = [
    "",
    "plain text",
    "<option></option>",
    "<form></form><form></form>",
    "<textarea>x</textarea>",
    "<a id='jQuery1-\r\\' href='' disabled='disabled'></a>",
    '<span class="select2" role="combobox" aria-haspopup="true"></span>',
]
SCRIPTED = [
    "<script>window.hit = 1</script>",
    "<ScRiPt/x>window.hit = 1</sCrIpT>",
    "<img src=x onerror=window.hit=1>",
    "<img/src=x/onerror=window.hit=1>",
    '<img src="x"onerror="window.hit=1">',
    "<svg/onload=window.hit=1>",
    "<svg><animate onbegin=window.hit=1 attributeName=x></svg>",
    "<a href='javascript:window.hit=1'>x</a>",
    "<a href='&#106;avascript:window.hit=1'>x</a>",
    '<a href="java\nscript:window.hit=1">x</a>',
    "<form action='javascript:window.hit=1'><input type='submit'></form>",
    "<input onfocus=window.hit=1 autofocus>",
    "<iframe srcdoc='x'></iframe>",
    "<object data='x'></object>",
    "<embed src='x'>",
    "<base href='//evil.example'>",
    "<meta http-equiv='refresh' content='0;url=//evil.example'>",
    "<link rel='stylesheet' href='//evil.example/x.css'>",
    "<style>*{}</style>",
    "<div style='background:url(//evil.example)'></div>",
    "<math><mtext></form><form><mglyph><style></math><img src onerror=window.hit=1>",
    "<<a>img src=x onerror=window.hit=1>",
    "<a title='<img src=x onerror=window.hit=1>'>",
    '<textarea><a id="</textarea><img src=x onerror=window.hit=1>">',
    "<!--><img src=x onerror=window.hit=1>-->",
]


def rows(report: Report) -> dict[str, Any]:
    """One row of each model, for its own page."""
    run = report.run
    return {
        "market_index": Index.objects.first(),
        "market_quote": Quote.objects.first(),
        "market_rejectedquote": RejectedQuote.objects.create(
            source="kbs",
            code="VN30",
            reason="a move of 25.0 percent is beyond 15 percent",
            excerpt="price=2409.7 previous_close=1927.8 as_of=2026-08-21T07:45:59Z",
            rejected_at=clock.now(),
        ),
        "market_overview": Overview.objects.create(
            fetched_at=clock.now(),
            data={"btc_price_usd": 115140.5, "partial_failure": {"fng_value": "timed out"}},
        ),
        "market_closure": Closure.objects.create(day="2026-12-31", note="Dương lịch"),
        "reports_report": report,
        "reports_originalreport": original(),
        "reports_run": run,
        "reports_step": Step.objects.first(),
        "reports_schedule": Schedule.objects.create(times="08:30, 15:10"),
        "reports_promptversion": store("trend", "Ngắn: $facts", "gọn", User.objects.first()),
        "reports_daybudget": DayBudget.objects.create(day="2026-08-21", calls=9, cost=1),
        "reports_runbudget": RunBudget.objects.create(run=run, calls=9, tokens=9000),
        "reports_modelcall": ModelCall.objects.create(
            run=run,
            day="2026-08-21",
            writer="gemini",
            model="gemini-2.5-flash",
            purpose="write trend",
            tokens=9000,
            cost=1,
            asked_at=clock.now(),
        ),
        "reports_apitoken": tokens.issue(superuser("owner"), "Bảng tin", ["generate"])[0],
        "auth_user": User.objects.first(),
    }


def original() -> OriginalReport:
    """What an import brought, of a report whose article editors may edit."""
    report = make_report("old", origin="imported", notices=["Vietnamese: removed script ×1"])
    return OriginalReport.objects.create(
        report=report,
        source="old",
        table="crypto_report",
        number=7,
        html="<script>x()</script><p>Bài</p>",
        js="x()",
        imported_at=clock.now(),
    )


def addresses(report: Report, language: str) -> list[str]:
    """Every kind of page that the admin has."""
    found = [url(name, language=language) for name in ("index", "password_change")]
    for model, row in rows(report).items():
        if model != "reports_schedule":
            found.append(url(f"{model}_changelist", language=language))
        found.append(url(f"{model}_change", row.pk, language=language))
    found += [url(f"{name}_add", language=language) for name in ("market_closure", "auth_user")]
    imported = Report.objects.get(origin="imported")
    found += [url("reports_report_add", language=language)]
    found += [url("reports_report_change", imported.pk, language=language)]
    found += [url("auth_group_add", language=language), url("market_bar_changelist")]
    found += [url("reports_apitoken_add", language=language)]
    found += [url("market_sources", language=language), url("market_index_add")]
    found += [
        url("reports_report_preview", report.pk, language=language),
        url("reports_report_history", report.pk, language=language),
        url("reports_report_schedule", report.pk, language=language),
        url("reports_report_delete", report.pk, language=language),
    ]
    for name in ("add", "diff", "trial"):
        found.append(url(f"reports_promptversion_{name}", language=language) + "?name=trend")
    return found


# Every page


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_is_without_fault_and_fits_the_screen_in_either_theme(
    language: str, write: Write, browser_page: Page, sign_in: SignIn
) -> None:
    look(browser_page, url("login", language=language))
    sign_in(browser_page, superuser())
    refuse_once("binance")
    for address in addresses(write(draft=True), language):
        look(browser_page, address)


def test_the_list_of_quotes_fits_a_desk_and_below_a_list_is_no_empty_room(
    live_site: str, browser_page: Page, sign_in: SignIn
) -> None:
    sign_in(browser_page, superuser())
    for agreement in Quote.Agreement:
        as_of = clock.parse(f"2026-08-21T07:{40 + len(agreement)}:00Z")
        Quote.objects.create(
            index=Index.objects.get(code="UPCOMINDEX"),
            as_of=as_of,
            fetched_at=as_of,
            price=1768.12,
            previous_close=1734.24,
            source="vndirect",
            agreement=agreement,
            second_price=1778.73,
            second_source="vndirect",
        )
    browser_page.goto(url("market_quote_changelist"))
    results = browser_page.locator(".results")
    assert results.evaluate("(list) => list.scrollWidth - list.clientWidth") == 0
    Closure.objects.create(day="2026-12-31")
    browser_page.goto(url("market_closure_changelist"))
    ends = browser_page.locator("#changelist").evaluate("(e) => e.getBoundingClientRect().bottom")
    inside = browser_page.locator("#changelist-filter, #changelist-form").evaluate_all(
        "(parts) => Math.max(...parts.map((e) => e.getBoundingClientRect().bottom))"
    )
    assert ends - inside < 40


def refuse_once(source: str) -> None:
    """The source rests, so that its page has something to press."""

    def refuse() -> None:
        raise SourceRefused(source, "answered 451, restricted location, for as long as it likes")

    breakers = Breakers([source], clock.now())
    with pytest.raises(SourceRefused):
        breakers.call(source, refuse)
    breakers.save()


def look(page: Page, address: str) -> None:
    """Open a page and look at it on a desk and on a phone, by day and by night."""
    response = page.goto(address)
    assert response
    assert response.status == 200, address
    assert page.locator("h1").count() or "login" in address, address
    for width in (DESKTOP, PHONE):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate(OVERFLOW) <= 0, f"{address} at {width}"
        for theme, ink in INK.items():
            page.emulate_media(color_scheme=theme)
            assert page.evaluate(COLOUR) == ink, f"{address} in {theme}"


def test_the_language_link_leads_to_the_same_page_with_its_filters(
    browser_page: Page, sign_in: SignIn
) -> None:
    sign_in(browser_page, editor())
    browser_page.goto(f"{url('reports_report_changelist')}?status__exact=review")
    browser_page.click("#user-tools >> text=English")
    browser_page.wait_for_url("**/en/admin/reports/report/?status__exact=review")
    assert browser_page.locator("h1").inner_text() == "Select report to change"
    browser_page.click("#user-tools >> text=Tiếng Việt")
    browser_page.wait_for_url("http://*/admin/reports/report/?status__exact=review")


# An editor's day


def test_an_editor_corrects_previews_publishes_and_withdraws_a_report(
    write: Write, new_page: NewPage, faults: list[str]
) -> None:
    report = write(draft=True)
    lan = editor()
    lan.set_password("mot-mat-khau-dai")
    lan.save()
    page, reader = new_page(), new_page(PHONE)

    page.goto("/admin/")
    page.fill("#id_username", "lan")
    page.fill("#id_password", "mot-mat-khau-dai")
    page.click("input[type=submit]")
    page.click(f"#content >> text={report.title}")

    page.fill("#id_title", "Tiêu đề của Lan")
    page.fill("#id_title_en", "Lan’s title")
    page.click("text=Lưu và xem trước")
    frame = page.frame_locator(".frame iframe")
    assert frame.locator("h1").inner_text() == "Tiêu đề của Lan"
    page.click(".choices >> text=English")
    page.click(".choices >> text=Điện thoại")
    assert frame.locator("h1").inner_text() == "Lan’s title"
    assert (
        frame.locator("html").evaluate("(root) => root.ownerDocument.defaultView.innerWidth") == 390
    )

    page.click("text=Về trang sửa")
    page.click(".object-tools >> text=Đăng")
    page.wait_for_selector(".messagelist >> text=Báo cáo đã được đăng.")
    reader.goto(f"/en/reports/{report.slug}/")
    assert reader.locator("h1").inner_text() == "Lan’s title"

    page.click("text=Gỡ …")
    page.click("text=Không, quay lại")
    page.click("text=Gỡ …")
    page.click("text=Đồng ý gỡ")
    page.wait_for_selector(".messagelist >> text=Đã gỡ 1 báo cáo.")
    assert faults == []
    gone = reader.goto(f"/en/reports/{report.slug}/")
    assert gone
    assert gone.status == 404
    faults.clear()  # the browser notes the 404


def test_publish_takes_along_what_was_just_typed(browser_page: Page, sign_in: SignIn) -> None:
    report = make_report()
    sign_in(browser_page, editor())
    browser_page.goto(change(report))
    browser_page.fill("#id_title", "Vừa sửa")
    browser_page.click(".object-tools >> text=Đăng")
    browser_page.wait_for_selector(".messagelist .success")
    report.refresh_from_db()
    assert (report.title, report.status) == ("Vừa sửa", "published")


def test_the_form_counts_and_asks_before_words_are_lost(
    browser_page: Page, sign_in: SignIn
) -> None:
    report = make_report()
    sign_in(browser_page, editor())
    asked: list[str] = []
    browser_page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    browser_page.goto(change(report))
    browser_page.fill("#id_title", "Bốn chữ")
    assert browser_page.locator(".field-title .count").inner_text() == "7/200"
    browser_page.click("text=Trang chủ", no_wait_after=True)
    browser_page.wait_for_function("document.getElementById('id_title').value === 'Bốn chữ'")
    assert asked == ["beforeunload"]


def test_a_link_in_the_preview_opens_beside_it(
    write: Write, browser_page: Page, sign_in: SignIn
) -> None:
    report = write(draft=True)
    sign_in(browser_page, editor())
    browser_page.goto(url("reports_report_preview", report.pk))
    frame = browser_page.frame_locator(".frame iframe")
    with browser_page.expect_popup() as opened:
        frame.locator("header nav a").first.click()
    assert opened.value.url.endswith("/reports/")
    frame.locator(".toc a").nth(1).click()  # within the page
    assert frame.locator("h1").inner_text() == report.title
    assert len(browser_page.context.pages) == 2


# A run, watched


def ask(page: Page) -> Run:
    page.goto(url("reports_run_changelist"))
    page.dblclick("text=Viết báo cáo ngay")
    page.wait_for_selector(".run")
    return Run.objects.get()


def test_a_double_click_starts_one_run_and_its_page_follows_it_to_the_report(
    numbers: None, browser_page: Page, sign_in: SignIn
) -> None:
    sign_in(browser_page, editor())
    run = ask(browser_page)
    browser_page.evaluate("window.same = true")
    pipeline.advance(run.pk)
    browser_page.wait_for_selector(".step-done[data-step=prepare_data]")
    pipeline.advance(run.pk)
    browser_page.wait_for_selector(".step-now[data-step=write]")
    bar = browser_page.locator("progress").evaluate("(bar) => bar.value")
    assert bar == progress_of(run).percent > 0
    assert browser_page.evaluate("window.same")  # without a reload so far
    report = pipeline.run_to_end(run.pk).report
    assert report
    browser_page.click(f".result >> text={report.title}")
    browser_page.wait_for_url(f"**{change(report)}")
    assert report.status == "review"


def test_a_failure_appears_with_its_reason_and_can_be_tried_again(
    numbers: None, browser_page: Page, sign_in: SignIn
) -> None:
    sign_in(browser_page, editor())
    run = ask(browser_page)
    Run.objects.update(state="failed", error="WriterError: nobody delivers", finished_at=run.slot)
    note = browser_page.wait_for_selector(".errornote")
    assert note
    assert "WriterError: nobody delivers" in note.inner_text()
    assert browser_page.locator(".step-failed").count() == 1
    browser_page.click("text=Thử lại")
    browser_page.wait_for_selector("[data-watch]")
    run.refresh_from_db()
    assert run.state == "waiting"


def test_a_run_can_be_followed_without_script(
    numbers: None, new_page: NewPage, sign_in: SignIn
) -> None:
    page = new_page(java_script_enabled=False)
    sign_in(page, editor())
    run = ask(page)
    pipeline.run_to_end(run.pk)
    with page.expect_navigation():
        page.click("text=Làm mới")
    assert page.locator(".step-done").count() == len(ORDER)
    assert page.locator(".result a").count() == 1


# The policy


def attempt(code: str) -> str:
    """A script that says whether the code passed, or else which directive refused it."""
    return f"""(text) => new Promise((answer) => {{
      const heard = (event) => answer(event.violatedDirective);
      addEventListener("securitypolicyviolation", heard, {{ once: true }});
      try {{ {code}; answer("passed"); }} catch {{ /* the event will tell why */ }}
    }})"""


def test_the_default_policy_lets_bare_form_markup_through_and_nothing_else(
    browser_page: Page, sign_in: SignIn, faults: list[str]
) -> None:
    sign_in(browser_page, editor())
    browser_page.goto(url("index"))
    give = attempt("document.createElement('div').innerHTML = text")
    assert [text for text in HARMLESS if browser_page.evaluate(give, text) != "passed"] == []
    assert faults == []
    assert [text for text in SCRIPTED if browser_page.evaluate(give, text) == "passed"] == []
    assert not browser_page.evaluate("'hit' in window")
    faults.clear()


@pytest.mark.parametrize(
    "sink",
    [
        "document.createElement('script').src = '/static/x.js'",
        "document.createElement('script').text = '1'",
        "setTimeout('1')",
        "new Worker('/static/x.js')",
        "document.createElement('iframe').srcdoc = '<img src=x>'",
    ],
)
def test_no_script_or_document_is_made_from_text(
    sink: str, browser_page: Page, sign_in: SignIn, faults: list[str]
) -> None:
    sign_in(browser_page, editor())
    browser_page.goto(url("index"))
    assert browser_page.evaluate(attempt(sink), "") == "require-trusted-types-for"
    faults.clear()
