import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('practice', '0004_running_numbers'),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name='finding',
            name='update_update',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='finding',
            name='delete_delete',
        ),
        migrations.RemoveConstraint(
            model_name='finding',
            name='finding_open_once',
        ),
        migrations.AddField(
            model_name='finding',
            name='override',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='findings', to='practice.override', verbose_name='let pass'),
        ),
        migrations.AddField(
            model_name='finding',
            name='plan',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='findings', to='practice.practiceplan', verbose_name='practice plan'),
        ),
        migrations.AddField(
            model_name='findingevent',
            name='override',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='practice.override', verbose_name='let pass'),
        ),
        migrations.AddField(
            model_name='findingevent',
            name='plan',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='practice.practiceplan', verbose_name='practice plan'),
        ),
        migrations.AlterField(
            model_name='finding',
            name='detail',
            field=models.JSONField(default=list, verbose_name='detail'),
        ),
        migrations.AlterField(
            model_name='finding',
            name='post',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='findings', to='practice.post', verbose_name='internship post'),
        ),
        migrations.AlterField(
            model_name='findingevent',
            name='detail',
            field=models.JSONField(default=list, verbose_name='detail'),
        ),
        migrations.AlterField(
            model_name='findingevent',
            name='post',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='practice.post', verbose_name='internship post'),
        ),
        migrations.AddIndex(
            model_name='finding',
            index=models.Index(fields=['plan', 'cleared_on'], name='finding_plan'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='finding',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "practice_findingevent" ("archived_at", "article", "cleared_on", "created_at", "detail", "found_on", "id", "layer", "override_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "placement_id", "plan_id", "post_id", "rule", "severity", "updated_at") VALUES (OLD."archived_at", OLD."article", OLD."cleared_on", OLD."created_at", OLD."detail", OLD."found_on", OLD."id", OLD."layer", OLD."override_id", _pgh_attach_context(), NOW(), \'update\', OLD."id", OLD."placement_id", OLD."plan_id", OLD."post_id", OLD."rule", OLD."severity", OLD."updated_at"); RETURN NULL;', hash='1dc87aa681cff26cf63ffa957a9e888d51e9b282', operation='UPDATE', pgid='pgtrigger_update_update_9307b', table='practice_finding', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='finding',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "practice_findingevent" ("archived_at", "article", "cleared_on", "created_at", "detail", "found_on", "id", "layer", "override_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "placement_id", "plan_id", "post_id", "rule", "severity", "updated_at") VALUES (OLD."archived_at", OLD."article", OLD."cleared_on", OLD."created_at", OLD."detail", OLD."found_on", OLD."id", OLD."layer", OLD."override_id", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."placement_id", OLD."plan_id", OLD."post_id", OLD."rule", OLD."severity", OLD."updated_at"); RETURN NULL;', hash='1b147207225f98e5ec437c26b8bda2b6f38616d9', operation='DELETE', pgid='pgtrigger_delete_delete_7c92b', table='practice_finding', when='AFTER')),
        ),
        migrations.AddConstraint(
            model_name='finding',
            constraint=models.UniqueConstraint(condition=models.Q(('cleared_on', None)), fields=('rule', 'plan', 'post', 'placement'), name='finding_open_once', nulls_distinct=False, violation_error_message='This finding already stands.'),
        ),
    ]
