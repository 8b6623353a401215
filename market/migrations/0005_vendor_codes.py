from django.db import migrations

from market.sources.codes import CODES


# The built-in names are those of the table in use when this runs; afterwards the rows are edited.
def name_at_the_sources(apps, schema_editor):
    for index in apps.get_model("market", "Index").objects.filter(code__in=CODES):
        index.vendor_codes = CODES[index.code]
        index.save(update_fields=["vendor_codes"])


class Migration(migrations.Migration):
    dependencies = [("market", "0004_sources_and_overview")]
    operations = [migrations.RunPython(name_at_the_sources, migrations.RunPython.noop)]
