from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BasesConfig(AppConfig):
    name = "zhixing.bases"
    label = "bases"
    verbose_name = _("Bases")

    def ready(self) -> None:
        from zhixing.bases import indicators, outside

        indicators.register()
        outside.register()
