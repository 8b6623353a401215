import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("reports", "0006_run_token")]

    operations = [
        migrations.CreateModel(
            name="ReportCard",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("language", models.CharField(max_length=2, verbose_name="language")),
                ("title", models.CharField(max_length=200, verbose_name="title")),
                (
                    "design",
                    models.PositiveSmallIntegerField(verbose_name="version of the drawing"),
                ),
                ("etag", models.CharField(max_length=64, verbose_name="hash of the picture")),
                ("png", models.BinaryField(verbose_name="picture")),
                (
                    "report",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="cards",
                        to="reports.report",
                        verbose_name="report",
                    ),
                ),
            ],
            options={
                "verbose_name": "report card",
                "verbose_name_plural": "report cards",
                "constraints": [
                    models.UniqueConstraint(fields=("report", "language"), name="report_card_once"),
                ],
            },
        ),
        migrations.AddIndex(
            model_name="report",
            index=models.Index(
                condition=models.Q(("is_note", False), ("status", "published")),
                fields=["published_at"],
                include=("updated_at",),
                name="report_mapped",
            ),
        ),
    ]
