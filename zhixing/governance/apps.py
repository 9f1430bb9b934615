from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class GovernanceConfig(AppConfig):
    name = "zhixing.governance"
    label = "governance"
    verbose_name = _("Governance")

    def ready(self) -> None:
        from zhixing.governance import indicators
        from zhixing.kernel.timeline import name_verbs

        indicators.register()
        name_verbs(
            {
                "letter_issued": ("file", _("Letter of appointment issued")),
                "ended": ("calendar", _("Term ended")),
                "renewed": ("refresh", _("Term renewed")),
                "appraised": ("star", _("Appraised")),
            }
        )
