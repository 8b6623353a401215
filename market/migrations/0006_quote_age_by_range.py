import django.contrib.postgres.indexes
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("market", "0005_vendor_codes"),
    ]

    operations = [
        migrations.RemoveIndex(model_name="quote", name="quote_age"),
        migrations.AddIndex(
            model_name="quote",
            index=django.contrib.postgres.indexes.BrinIndex(
                "as_of", autosummarize=True, name="quote_age"
            ),
        ),
        # Too small a table for autovacuum ever to count: the planner would assume 250 indices, and
        # read all quotes rather than look up the newest of each.
        migrations.RunSQL("ANALYZE market_index", migrations.RunSQL.noop),
    ]
