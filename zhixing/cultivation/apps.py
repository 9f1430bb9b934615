from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CultivationConfig(AppConfig):
    name = "zhixing.cultivation"
    label = "cultivation"
    verbose_name = _("Cultivation")

    def ready(self) -> None:
        from zhixing.cultivation import follow_up_links, indicators, outside, review_links
        from zhixing.kernel.timeline import name_verbs

        indicators.register()
        outside.register()
        review_links.register()
        follow_up_links.register()
        name_verbs(
            {
                "firm_ranked": ("sort", _("Ranked by the firm")),
                "firm_opinion": ("message", _("The firm asked for changes")),
                "applied": ("user", _("Applied again")),
                "withdrawn": ("x", _("Application withdrawn")),
                follow_up_links.TOLD: ("phone", _("Follow-up due: told and asked")),
            }
        )
