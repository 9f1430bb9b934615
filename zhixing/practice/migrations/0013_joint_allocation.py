from django.db import migrations, models


def forwards(apps, schema_editor):
    """An answer of one plan becomes the answer of a set of one."""
    run = apps.get_model("practice", "AllocationRun")
    for row in run.objects.order_by("pk").values("pk", "plan_id"):
        run.objects.filter(pk=row["pk"]).update(key=str(row["plan_id"]))
        run.plans.through.objects.create(allocationrun_id=row["pk"], practiceplan_id=row["plan_id"])
    # Answers of before do not say how each plan fares: they are to be made again.
    run.objects.filter(adopted_at=None).delete()
    for row in run.objects.order_by("pk"):
        row.summary = {**row.summary, "plans": [], "fair": "class" if row.summary.get("fair") else ""}
        row.save(update_fields=["summary"])
    schema_editor.execute("SET CONSTRAINTS ALL IMMEDIATE")


class Migration(migrations.Migration):
    dependencies = [
        ("practice", "0012_plan_duty"),
    ]

    operations = [
        migrations.AddField("allocationrun", "key", models.CharField(default="", max_length=400), preserve_default=False),
        migrations.AddField(
            "allocationrun", "plans", models.ManyToManyField(related_name="allocation_runs", to="practice.practiceplan")
        ),
        migrations.RunPython(forwards, migrations.RunPython.noop),
        migrations.RemoveConstraint("allocationrun", "allocation_run_mode_once"),
        migrations.RemoveField("allocationrun", "plan"),
        migrations.AddConstraint(
            "allocationrun", models.UniqueConstraint(fields=("key", "mode"), name="allocation_run_once")
        ),
    ]
