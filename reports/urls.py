from __future__ import annotations

from django.urls import path, re_path

from reports.views import about, archive, cards, export, feeds, original, pages

urlpatterns = [
    path("", pages.home, name="home"),
    path("reports/", archive.report_list, name="report-list"),
    re_path(r"^reports/(?P<year>[12]\d{3})/$", archive.report_list, name="report-year"),
    re_path(
        r"^reports/(?P<year>[12]\d{3})/(?P<month>0[1-9]|1[0-2])/$",
        archive.report_list,
        name="report-month",
    ),
    path("reports/<slug:slug>/", pages.report_detail, name="report-detail"),
    path("reports/<slug:slug>/card.png", cards.card, name="report-card"),
    path("reports/<slug:slug>/export.html", export.export, name="report-export"),
    path("reports/<slug:slug>/original/", original.original, name="report-original"),
    path("reports/<slug:slug>/original/frame/", original.frame, name="report-original-frame"),
    path("feed.xml", feeds.atom, name="feed-atom"),
    path("rss.xml", feeds.rss, name="feed-rss"),
    path("feed.json", feeds.json_feed, name="feed-json"),
    path("track-record/", about.track_record, name="track-record"),
    path("about/", about.about, name="about"),
    path("method/", about.method, name="method"),
    path("contact/", about.contact, name="contact"),
]
