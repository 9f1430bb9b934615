from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CultivationConfig(AppConfig):
    name = "zhixing.cultivation"
    label = "cultivation"
    verbose_name = _("Cultivation")

    def ready(self) -> None:
        from zhixing.cultivation import indicators, outside, review_links

        indicators.register()
        outside.register()
        review_links.register()
