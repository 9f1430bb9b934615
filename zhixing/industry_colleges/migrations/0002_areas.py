"""The ten areas of cooperation are there from the first day (四（二）2)."""

from django.db import migrations

from zhixing.industry_colleges import areas


def load(apps, schema_editor):
    areas.load(apps.get_model("industry_colleges", "Area"))


class Migration(migrations.Migration):
    dependencies = [("industry_colleges", "0001_initial")]

    operations = [migrations.RunPython(load, migrations.RunPython.noop, elidable=False)]
