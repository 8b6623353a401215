from django.conf import settings
from django.db import migrations, models

FUNCTIONS = """
CREATE FUNCTION marketsite_tell_pages(scope text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO reports_pagechange (scope, changes) VALUES (scope, 1);
    PERFORM pg_notify('marketsite_pages', scope);
END $$;

CREATE FUNCTION marketsite_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM marketsite_tell_pages(TG_ARGV[0]);
    RETURN NULL;
END $$;

-- A statement that met no row changes nothing.
CREATE FUNCTION marketsite_rows_changed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    met boolean;
BEGIN
    IF TG_OP = 'INSERT' THEN
        met := EXISTS (SELECT FROM new_rows);
    ELSE
        met := EXISTS (SELECT FROM old_rows);
    END IF;
    IF met THEN
        PERFORM marketsite_tell_pages(TG_ARGV[0]);
    END IF;
    RETURN NULL;
END $$;

-- Of reports the public ones alone count: what an editor does to a draft changes no page.
CREATE FUNCTION marketsite_reports_changed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    met boolean := false;
BEGIN
    IF TG_OP <> 'INSERT' THEN
        met := EXISTS (SELECT FROM old_rows WHERE status = 'published');
    END IF;
    IF TG_OP <> 'DELETE' AND NOT met THEN
        met := EXISTS (SELECT FROM new_rows WHERE status = 'published');
    END IF;
    IF met THEN
        PERFORM marketsite_tell_pages(TG_ARGV[0]);
    END IF;
    RETURN NULL;
END $$;
"""
NO_FUNCTIONS = """
DROP FUNCTION marketsite_reports_changed();
DROP FUNCTION marketsite_rows_changed();
DROP FUNCTION marketsite_changed();
DROP FUNCTION marketsite_tell_pages(text);
"""
ROWS = {
    "INSERT": "REFERENCING NEW TABLE AS new_rows",
    "UPDATE": "REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows",
    "DELETE": "REFERENCING OLD TABLE AS old_rows",
}
# Every table that public pages read, with the scope that its changes count in.
TABLES = [
    ("reports_report", "marketsite_reports_changed", "site"),
    ("reports_reportcard", "marketsite_rows_changed", "site"),
    ("reports_originalreport", "marketsite_rows_changed", "site"),
    ("reports_schedule", "marketsite_rows_changed", "site"),
    ("market_index", "marketsite_rows_changed", "site"),
    ("market_closure", "marketsite_rows_changed", "site"),
    ("market_quote", "marketsite_rows_changed", "market"),
    ("market_bar", "marketsite_rows_changed", "market"),
    ("market_overview", "marketsite_rows_changed", "market"),
]
# A reviewer's name; not the time at which he last signed in.
USERS = """
CREATE TRIGGER page_update AFTER UPDATE OF first_name, last_name ON auth_user
FOR EACH STATEMENT EXECUTE FUNCTION marketsite_changed('site')
"""


def triggers(table: str, function: str, scope: str) -> list[migrations.RunSQL]:
    return [
        migrations.RunSQL(
            f"CREATE TRIGGER page_{event.lower()} AFTER {event} ON {table} {rows}"
            f" FOR EACH STATEMENT EXECUTE FUNCTION {function}('{scope}')",
            f"DROP TRIGGER page_{event.lower()} ON {table}",
        )
        for event, rows in ROWS.items()
    ]


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("market", "0006_quote_age_by_range"),
        ("reports", "0007_report_cards"),
    ]

    operations = [
        migrations.CreateModel(
            name="PageChange",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "scope",
                    models.CharField(
                        choices=[("site", "Site"), ("market", "Market")], max_length=10
                    ),
                ),
                ("changes", models.BigIntegerField()),
            ],
        ),
        migrations.RunSQL(FUNCTIONS, NO_FUNCTIONS),
        migrations.RunSQL(USERS, "DROP TRIGGER page_update ON auth_user"),
        *(step for row in TABLES for step in triggers(*row)),
    ]
