from django.contrib.postgres.operations import BtreeGistExtension, TrigramExtension
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = []
    # Every domain comes after org, and its indexes need the extensions.
    run_before = [("org", "0001_initial")]
    operations = [TrigramExtension(), BtreeGistExtension()]
