from django.db import migrations, models

_LAYERS = [('nation', 'nation'), ('province', 'province'), ('school', 'school'), ('college', 'college')]


class Migration(migrations.Migration):

    dependencies = [
        ('practice', '0007_weeks_from_registers'),
    ]

    operations = [
        migrations.AlterField(
            model_name=name,
            name='layer',
            field=models.CharField(blank=True, choices=_LAYERS, max_length=20, verbose_name='layer'),
        )
        for name in ('finding', 'findingevent')
    ]
