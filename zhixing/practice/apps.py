from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PracticeConfig(AppConfig):
    name = "zhixing.practice"
    label = "practice"
    verbose_name = _("Practice")

    def ready(self) -> None:
        from zhixing.agreements import checks
        from zhixing.practice import redline_queries

        # No internship is signed that a red line stops: agreements ask, and know nothing of practice.
        checks.add_gate(redline_queries.of_agreement)
