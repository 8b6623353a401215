"""The old site's own page of a report, in a frame that can do nothing but draw."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from pytest_django import Settings

from reports.models import OriginalReport, Report
from tests.browser import NewPage
from tests.html import Page
from tests.people import staff
from tests.reports import old_database
from tests.reports.admin import CREATED, make_report, signed_in

POLICY = (
    "sandbox allow-scripts; default-src 'none'; script-src 'nonce-{0}'; style-src 'nonce-{0}'; "
    "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self', "
    "script-src 'unsafe-inline'; style-src 'unsafe-inline'"
)
# Each attempt tells what became of it; a promise that never settles is told after a second.
ATTEMPTS = """
const late = new Promise((done) => setTimeout(() => done("refused: no answer"), 1000));
const attempt = (name, run) => Promise.race([late, Promise.resolve().then(run)])
  .then((value) => String(value ?? "done"), (error) => "refused: " + error.name)
  .then((told) => { seen[name] = told; });
const nonce = document.currentScript.nonce;
const loaded = (tag, address, attributes) => new Promise((done, refuse) => {
  const made = Object.assign(document.createElement(tag), attributes);
  made.onload = () => done("loaded");
  made.onerror = () => refuse(new TypeError());
  if (!made.href) made.src = address;
  document.body.append(made);
});
const here = "SITE";
window.all = Promise.all([
  attempt("fetch", () => fetch(here + "/healthz", { mode: "no-cors" })),
  attempt("beacon", () =>
    navigator.sendBeacon(here + "/healthz") ? "sent" : Promise.reject(Error())),
  attempt("socket", () => new Promise((done, refuse) => {
    const socket = new WebSocket(here.replace("http", "ws")); socket.onopen = () => done();
    socket.onerror = () => refuse(new TypeError()); })),
  attempt("events", () => new Promise((done, refuse) => {
    const events = new EventSource(here); events.onopen = () => done();
    events.onerror = () => refuse(new TypeError()); })),
  attempt("image", () => loaded("img", here + "/static/x.png")),
  attempt("script", () => loaded("script", here + "/static/x.js")),
  attempt("nonce", () => loaded("script", here + "/static/x.js", { nonce })),
  attempt("style", () => loaded("link", "", {
    nonce, rel: "stylesheet", href: here + "/static/x.css" })),
  attempt("frame", () => loaded("iframe", here + "/healthz").then(() => "empty")),
  attempt("worker", () => new Worker(here + "/static/x.js") && "made"),
  attempt("storage", () => localStorage.setItem("a", "b")),
  attempt("cookie", () => { document.cookie = "a=b"; }),
  attempt("database", () => indexedDB.open("a")),
  attempt("parent", () => parent.document.title),
  attempt("top", () => { top.location = here + "/about/"; }),
  attempt("popup", () => (window.open(here + "/about/") ? "opened" : Promise.reject(Error()))),
  attempt("form", () => { const form = document.createElement("form");
    form.action = here + "/about/"; document.body.append(form); form.submit();
    return Promise.reject(new TypeError()); }),
  attempt("eval", () => eval("1")),
]);
"""


@pytest.fixture
def report(db: None) -> Report:
    """A public report that was imported, with its original."""
    made = make_report(status="published", origin="imported")
    (row,) = old_database.reports(1)
    OriginalReport.objects.create(
        report=made,
        source="old",
        table="crypto_report",
        number=1,
        html=row["html_content"],
        html_en="<p>Flat.</p>",
        css=row["css_content"] + "</style><p>",
        js=row["js_content"],
        imported_at=CREATED,
    )
    return made


@pytest.fixture
def switched_on(settings: Settings) -> None:
    settings.REPORT_ORIGINAL_VIEW = True


def page_of(report: Report) -> str:
    return f"/reports/{report.slug}/original/"


def test_it_is_off_by_default(client: Client, report: Report) -> None:
    for path in (page_of(report), f"{page_of(report)}frame/", f"/en{page_of(report)}"):
        assert client.get(path).status_code == 404
    assert "original" not in client.get(report.get_absolute_url()).content.decode()


def test_the_frame_has_a_policy_of_its_own_with_a_nonce_that_is_new_each_time(
    client: Client, report: Report, switched_on: None
) -> None:
    nonces = set()
    for _ in range(2):
        response = client.get(f"{page_of(report)}frame/")
        policy = response["Content-Security-Policy"]
        (nonce,) = set(re.findall(r"'nonce-([^']+)'", policy))
        assert policy == POLICY.format(nonce)
        page = Page(response.content)
        scripts = page.all("script")
        assert len(scripts) == 3
        assert {item.get("nonce") for item in [*scripts, *page.all("style")]} == {nonce}
        nonces.add(nonce)
        assert response["X-Frame-Options"] == "SAMEORIGIN"
        assert "no-store" in response["Cache-Control"]
        assert response["X-Robots-Tag"] == "noindex"
    assert len(nonces) == 2


def test_the_page_around_it_allows_one_frame_and_gives_it_nothing(
    client: Client, report: Report, switched_on: None
) -> None:
    response = client.get(page_of(report))
    assert "frame-src 'self'" in response["Content-Security-Policy"]
    page = Page(response.content)
    frame = page.one("iframe")
    assert frame.get("sandbox") == "allow-scripts"
    assert "srcdoc" not in frame.attributes
    assert frame.get("src") == f"{page_of(report)}frame/"
    assert page.one("meta", name="robots").get("content") == "noindex"
    assert f'href="{page_of(report)}"' in client.get(report.get_absolute_url()).content.decode()


def test_each_language_has_its_own_original(
    client: Client, report: Report, switched_on: None
) -> None:
    english = client.get(f"/en{page_of(report)}frame/").content.decode()
    assert '<html lang="en">' in english
    assert "Flat." in english
    assert "Bitcoin" in client.get(f"{page_of(report)}frame/").content.decode()


def test_readers_see_those_of_public_reports_alone(
    client: Client, report: Report, switched_on: None
) -> None:
    Report.objects.update(status="draft")
    assert client.get(page_of(report)).status_code == 404
    response = signed_in(staff("reports.view_report")).get(page_of(report))
    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]
    assert client.get(page_of(make_report("other", status="published"))).status_code == 404


@pytest.mark.browser
def test_in_a_browser_its_script_draws_and_reaches_nothing_else(
    report: Report, switched_on: None, new_page: NewPage, live_site: str, faults: list[str]
) -> None:
    original = OriginalReport.objects.get()
    original.js += ATTEMPTS.replace("SITE", live_site)
    original.html += '<p onclick="seen.handler = 1" id="p">x</p><script>seen.inline = 1</script>'
    original.save()
    page = new_page()
    before = page.context.cookies()
    answered: list[str] = []
    page.on("response", lambda response: answered.append(response.url))
    refused: dict[str, str | None] = {}
    page.on("requestfailed", lambda request: refused.update({request.url: request.failure}))
    page.goto(page_of(report))
    page.locator("iframe").scroll_into_view_if_needed()
    element = page.wait_for_selector("iframe.original")
    assert element
    frame = element.content_frame()
    assert frame
    frame.wait_for_function("window.all !== undefined")
    frame.evaluate("window.all")
    frame.click("#p")
    seen: dict[str, str] = frame.evaluate("seen")
    # a beacon and a frame are told nothing of it: whether something left is asked below
    untold = {"beacon", "frame"}
    assert {name for name, told in seen.items() if not told.startswith("refused")} <= untold
    assert set(seen) >= {
        "nonce",
        "style",
        "fetch",
        "socket",
        "storage",
        "parent",
        "top",
        "popup",
        "form",
        "eval",
    }
    ends = ("/healthz", "/x.png", "/x.js", "/x.css")
    assert [url for url in answered if url.endswith(ends)] == []
    # not by the answer's headers, which another site would send as it likes
    assert {refused[url] for url in refused if url.endswith((".js", ".css"))} == {"csp"}
    assert frame.evaluate("origin") == "null"
    assert page.url.endswith("/original/")
    assert len(page.context.pages) == 1
    assert page.context.cookies() == before

    # what it may do: draw, in the colours of its own style sheet
    assert frame.locator("#gauge-1 svg path").count() == 2
    assert frame.locator("#gauge-1 svg text").text_content() == "29 Khác"
    colour = "(box) => getComputedStyle(box).color"
    assert frame.locator(".report").evaluate(colour) == "rgb(1, 2, 3)"
    assert all(
        "CSP" in fault or "refused" in fault.lower() or "violat" in fault for fault in faults[:1]
    )
    faults.clear()


@pytest.mark.browser
def test_the_four_old_functions_draw_what_they_are_given(
    report: Report, switched_on: None, new_page: NewPage
) -> None:
    original = OriginalReport.objects.get()
    original.html = "<div id=a></div><div id=b></div><div id=c></div><div id=d></div>"
    original.js = """
      createGauge("a", 50, {segments: [{limit: 100, label: "Vừa"}]});
      createBarChart(b, [{label: "A", value: -3}, {label: "B", value: 4}], {valueSuffix: "%"});
      createLineChart(c, {labels: ["x", "y"], datasets: [{data: [1, 2]}]});
      function initializeAllVisuals() {
        createDoughnutChart(d, [{label: "A", value: 1}, {label: "B", value: 2}], "T");
      }
    """
    original.save()
    page = new_page()
    page.goto(f"{page_of(report)}frame/")
    assert page.locator("#a text").text_content() == "50 Vừa"
    assert page.locator("#b text").all_text_contents() == ["A", "-3%", "B", "4%"]
    assert page.locator("#c polyline").get_attribute("points") == "0,210 400,20"
    assert page.locator("#d path").count() == 2
    left, right = (page.locator("#b rect").nth(at).bounding_box() for at in (0, 1))
    assert left
    assert right
    assert abs(left["x"] + left["width"] - right["x"]) < 1
