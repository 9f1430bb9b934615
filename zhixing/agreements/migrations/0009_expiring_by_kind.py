"""Agreements of half a year stand out as expiring in their last month, not from their third on."""

from django.db import migrations


def shorten(apps, schema_editor):
    kinds = apps.get_model("agreements", "AgreementKind").objects
    kinds.filter(code__in=("apprentice", "tripartite"), expiring_days=90).update(expiring_days=30)


class Migration(migrations.Migration):
    dependencies = [("agreements", "0008_expiring_and_drafts")]

    operations = [migrations.RunPython(shorten, migrations.RunPython.noop)]
