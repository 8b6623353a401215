from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("reports", "0006_original_report")]

    operations = [
        # with a default of the database's: processes of the version before go on adding runs
        migrations.AddField(
            model_name="run",
            name="token",
            field=models.CharField(
                blank=True, db_default="", default="", max_length=80, verbose_name="API token"
            ),
        ),
        migrations.AlterField(
            model_name="run",
            name="trigger",
            field=models.CharField(
                choices=[
                    ("schedule", "schedule"),
                    ("command", "command"),
                    ("editor", "editor"),
                    ("api", "API"),
                ],
                max_length=10,
                verbose_name="asked by",
            ),
        ),
    ]
