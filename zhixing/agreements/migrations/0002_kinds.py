"""The kinds of agreement with which a college starts."""

from django.db import migrations

from zhixing.agreements.seeding import shipped


def add_kinds(apps, schema_editor):
    kind = apps.get_model("agreements", "AgreementKind")
    known = set(kind.objects.values_list("code", flat=True))
    names = {field.name for field in kind._meta.concrete_fields}
    # A later version may ship more fields than the table has at this point of its history.
    rows = [{name: value for name, value in values.items() if name in names} for values in shipped()]
    kind.objects.bulk_create(kind(**values) for values in rows if values["code"] not in known)


class Migration(migrations.Migration):
    dependencies = [("agreements", "0001_initial")]

    operations = [migrations.RunPython(add_kinds, migrations.RunPython.noop)]
