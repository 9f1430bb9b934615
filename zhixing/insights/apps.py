from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class InsightsConfig(AppConfig):
    name = "zhixing.insights"
    label = "insights"

    def ready(self) -> None:
        from zhixing.kernel.timeline import name_verbs

        name_verbs({"report_made": ("report", _("Report made"))})
