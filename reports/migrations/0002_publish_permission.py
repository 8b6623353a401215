from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("reports", "0001_initial")]

    operations = [
        migrations.AlterModelOptions(
            name="report",
            options={
                "ordering": ["-created_at"],
                "permissions": [("publish_report", "Can publish and withdraw reports")],
                "verbose_name": "report",
                "verbose_name_plural": "reports",
            },
        ),
    ]
