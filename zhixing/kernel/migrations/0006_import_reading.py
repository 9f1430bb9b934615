from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("kernel", "0005_outside_link")]

    operations = [
        migrations.AddField(model_name="importrun", name="reading", field=models.JSONField(default=dict)),
    ]
