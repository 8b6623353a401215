from django.db import migrations

INDICES = [
    ("VNINDEX", "vnindex", "VN-Index", "HOSE"),
    ("VN30", "vn30", "VN30", "HOSE"),
    ("HNXINDEX", "hnxindex", "HNX-Index", "HNX"),
    ("HNX30", "hnx30", "HNX30", "HNX"),
    ("UPCOMINDEX", "upcomindex", "UPCoM-Index", "UPCOM"),
]


def follow(apps, schema_editor):
    index_model = apps.get_model("market", "Index")
    for position, (code, key, name, exchange) in enumerate(INDICES):
        index_model.objects.update_or_create(
            code=code,
            defaults={"key": key, "name": name, "exchange": exchange, "position": position},
        )


class Migration(migrations.Migration):
    dependencies = [("market", "0001_initial")]
    operations = [migrations.RunPython(follow, migrations.RunPython.noop)]
