"""The shipped play-book becomes records that the college keeps from then on."""

from pathlib import Path

import yaml
from django.db import migrations

PLAYBOOK = Path(__file__).parent.parent / "playbook.yaml"


def load(apps, schema_editor):
    step = apps.get_model("cultivation", "PlaybookStep")
    places = {}
    for spec in yaml.safe_load(PLAYBOOK.read_text(encoding="utf-8"))["steps"]:
        places[spec["signal"]] = places.get(spec["signal"], 0) + 1
        step.objects.get_or_create(signal=spec["signal"], order=places[spec["signal"]], defaults=spec)


class Migration(migrations.Migration):
    dependencies = [("cultivation", "0002_apprenticeships_and_risks")]
    operations = [migrations.RunPython(load, migrations.RunPython.noop)]
