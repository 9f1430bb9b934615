from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BasesConfig(AppConfig):
    name = "zhixing.bases"
    label = "bases"
    verbose_name = _("Bases")

    def ready(self) -> None:
        from zhixing.bases import demand, indicators, outside
        from zhixing.kernel import changes
        from zhixing.kernel.timeline import name_verbs

        indicators.register()
        outside.register()
        changes.listen(demand.entered)
        name_verbs({"write": ("edit", _("Text edited"))})
