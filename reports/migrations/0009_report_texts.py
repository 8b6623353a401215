import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
from django.db import migrations, models

# A text's place among what is public comes from its report's row alone. The row is locked while it
# is read: whoever publishes the report at that moment waits, and then finds the text.
PLACING = """
CREATE FUNCTION marketsite_place_text() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    report record;
    local timestamp;
BEGIN
    SELECT status, published_at, symbol, report_type INTO report
        FROM reports_report WHERE id = NEW.report_id FOR SHARE;
    NEW.public_at := CASE WHEN report.status = 'published' THEN report.published_at END;
    local := NEW.public_at AT TIME ZONE 'Asia/Ho_Chi_Minh';
    NEW.tags := array_remove(ARRAY[
        NEW.language,
        NEW.language || ':' || to_char(local, 'YYYY'),
        NEW.language || ':' || to_char(local, 'YYYY-MM'),
        's:' || report.symbol,
        't:' || report.report_type
    ], NULL);
    RETURN NEW;
END $$;

CREATE TRIGGER place_text BEFORE INSERT OR UPDATE ON reports_reporttext
    FOR EACH ROW EXECUTE FUNCTION marketsite_place_text();

CREATE FUNCTION marketsite_move_texts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE reports_reporttext SET language = language WHERE report_id = NEW.id;
    RETURN NULL;
END $$;

CREATE TRIGGER move_texts AFTER UPDATE OF status, published_at, symbol, report_type
    ON reports_report FOR EACH ROW
    WHEN ((OLD.status, OLD.published_at, OLD.symbol, OLD.report_type)
        IS DISTINCT FROM (NEW.status, NEW.published_at, NEW.symbol, NEW.report_type))
    EXECUTE FUNCTION marketsite_move_texts();
"""
NO_PLACING = """
DROP TRIGGER move_texts ON reports_report;
DROP FUNCTION marketsite_move_texts();
DROP TRIGGER place_text ON reports_reporttext;
DROP FUNCTION marketsite_place_text();
"""


def listing(name: str, first: str, **options) -> migrations.AddIndex:
    columns = (first, models.F("published_at").desc(), models.F("id").desc())
    return migrations.AddIndex("report", models.Index(*columns, name=name, **options))


class Migration(migrations.Migration):
    dependencies = [("reports", "0008_ready_pages")]

    operations = [
        listing("report_archive", "status"),
        listing("report_by_symbol", "symbol", condition=models.Q(status="published")),
        listing("report_by_type", "report_type", condition=models.Q(status="published")),
        migrations.AddIndex(
            "report",
            models.Index(
                models.F("created_at").desc(),
                models.F("id").desc(),
                condition=models.Q(("origin", "editor"))
                | models.Q(("legacy_id", None), ("origin", "imported")),
                name="report_articles",
            ),
        ),
        migrations.RemoveIndex("report", "report_published"),
        migrations.CreateModel(
            name="ReportText",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("language", models.CharField(max_length=2)),
                ("written_in", models.CharField(max_length=2)),
                ("body", models.TextField()),
                ("folded", models.TextField()),
                ("head", django.contrib.postgres.search.SearchVectorField()),
                ("vector", django.contrib.postgres.search.SearchVectorField()),
                ("public_at", models.DateTimeField(editable=False, null=True)),
                (
                    "tags",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(), default=list, editable=False, size=None
                    ),
                ),
                (
                    "report",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="texts",
                        to="reports.report",
                    ),
                ),
            ],
            options={
                "indexes": [
                    django.contrib.postgres.indexes.GinIndex(
                        condition=models.Q(("public_at__isnull", False)),
                        fastupdate=False,
                        fields=["vector", "tags"],
                        name="report_words",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("report", "language"), name="report_text_once")
                ],
            },
        ),
        migrations.RunSQL(PLACING, NO_PLACING),
    ]
