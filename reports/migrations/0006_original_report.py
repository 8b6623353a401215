import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("reports", "0005_api_tokens")]

    operations = [
        migrations.CreateModel(
            name="OriginalReport",
            fields=[
                (
                    "report",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="original",
                        serialize=False,
                        to="reports.report",
                        verbose_name="report",
                    ),
                ),
                ("source", models.CharField(max_length=80)),
                (
                    "table",
                    models.CharField(
                        choices=[("crypto_report", "Crypto Report"), ("articles", "Articles")],
                        max_length=20,
                    ),
                ),
                ("number", models.BigIntegerField()),
                ("html", models.TextField()),
                ("html_en", models.TextField(blank=True)),
                ("css", models.TextField(blank=True)),
                ("js", models.TextField(blank=True)),
                ("js_en", models.TextField(blank=True)),
                ("row", models.JSONField(default=dict)),
                ("digest", models.CharField(max_length=64)),
                ("imported_at", models.DateTimeField()),
            ],
            options={
                "verbose_name": "original report",
                "verbose_name_plural": "original reports",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("source", "table", "number"), name="original_once"
                    )
                ],
            },
        ),
    ]
