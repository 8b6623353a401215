from django.contrib.postgres.indexes import GinIndex
from django.db import migrations, models

# Of a hundred thousand reports it takes longer than a statement of the site may.
PATIENCE = "SET LOCAL statement_timeout = 0"


def by_language(language: str) -> migrations.AddIndex:
    return migrations.AddIndex(
        "reporttext",
        GinIndex(
            fields=["tags", "vector"],
            condition=models.Q(public_at__isnull=False, tags__contains=[language]),
            fastupdate=False,
            name=f"report_words_{language}",
        ),
    )


class Migration(migrations.Migration):
    dependencies = [("reports", "0012_words_without_waiting")]

    # The old index goes last: searches go on meanwhile.
    operations = [
        migrations.RunSQL(PATIENCE, migrations.RunSQL.noop),
        by_language("vi"),
        by_language("en"),
        migrations.RemoveIndex("reporttext", "report_words"),
        migrations.RunSQL(migrations.RunSQL.noop, PATIENCE),
    ]
