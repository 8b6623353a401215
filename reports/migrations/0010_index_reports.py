from django.db import migrations, transaction

from reports.folding import composed, fold, plain_text
from reports.indexing import vectors

BATCH = 100
FIELDS = ("title", "title_en", "summary", "summary_en", "html_content", "html_content_en")


def index_reports(apps, schema_editor) -> None:
    """The words of the reports that are there, newest first; each batch is a transaction.

    Stopped half-way, it goes on where it was; the site may run meanwhile.
    """
    Report = apps.get_model("reports", "Report")
    ReportText = apps.get_model("reports", "ReportText")
    rows = Report.objects.filter(texts=None).order_by("-pk").only(*FIELDS)
    last = None
    while True:
        with transaction.atomic():
            batch = rows if last is None else rows.filter(pk__lt=last)
            reports = list(batch.select_for_update(of=("self",))[:BATCH])
            texts = [
                text(ReportText, report, *language)
                for report in reports
                for language in (("vi", ""), ("en", "_en"))
            ]
            ReportText.objects.bulk_create(texts, ignore_conflicts=True)
        if not reports:
            return
        last = reports[-1].pk


def text(ReportText, report, language, suffix):
    title, summary, markup = (
        getattr(report, name + suffix) or getattr(report, name)
        for name in ("title", "summary", "html_content")
    )
    body = plain_text(markup)
    return ReportText(
        report_id=report.pk,
        language=language,
        written_in=language if getattr(report, "html_content" + suffix) else "vi",
        body=body,
        folded=fold(body),
        **vectors(fold(composed(title)), fold(composed(summary)), fold(body)),
    )


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("reports", "0009_report_texts")]

    operations = [migrations.RunPython(index_reports, migrations.RunPython.noop, elidable=True)]
