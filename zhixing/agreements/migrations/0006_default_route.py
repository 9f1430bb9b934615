"""Somebody must agree before the college signs: the college's dean, then the office, until it sets its own route."""

from datetime import date

from django.db import migrations

STATIONS = [
    {"role": "dean", "at": "own", "idle_days": 3, "escalate": "office"},
    {"role": "office", "at": "school", "idle_days": 3, "escalate": "leader"},
]


def add_route(apps, schema_editor):
    routes = apps.get_model("kernel", "ApprovalRoute").objects
    if not routes.filter(record_type="agreements.agreement").exists():
        routes.create(
            record_type="agreements.agreement", name="协议审批", effective_from=date(2018, 1, 1), stations=STATIONS
        )


class Migration(migrations.Migration):
    dependencies = [("agreements", "0005_confirmation_by_act"), ("kernel", "0004_number_series")]

    operations = [migrations.RunPython(add_route, migrations.RunPython.noop)]
