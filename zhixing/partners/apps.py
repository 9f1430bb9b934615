from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PartnersConfig(AppConfig):
    name = "zhixing.partners"
    label = "partners"
    verbose_name = _("Partners")

    def ready(self) -> None:
        from zhixing.partners.indicators import register_all

        register_all()
