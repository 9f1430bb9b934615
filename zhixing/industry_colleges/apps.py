from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class IndustryCollegesConfig(AppConfig):
    name = "zhixing.industry_colleges"
    label = "industry_colleges"
    verbose_name = _("Industry colleges")

    def ready(self) -> None:
        from zhixing.industry_colleges import indicators

        indicators.register()
