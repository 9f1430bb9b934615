"""The shipped numbers become records that the office keeps from then on."""

from django.db import migrations

from zhixing.practice.running_seeding import load


class Migration(migrations.Migration):
    dependencies = [("practice", "0003_running_placements")]
    operations = [migrations.RunPython(load, migrations.RunPython.noop)]
