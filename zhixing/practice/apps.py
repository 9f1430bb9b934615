from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PracticeConfig(AppConfig):
    name = "zhixing.practice"
    label = "practice"
    verbose_name = _("Practice")

    def ready(self) -> None:
        from zhixing.kernel.timeline import name_verbs
        from zhixing.practice import firm_links, for_bases, redline_actions, running_verbs

        for_bases.register()
        firm_links.register()
        name_verbs(
            {
                "copied": ("copy", _("Copied from an earlier plan")),
                "firm_said": ("edit", _("The firm changed it")),
                "firm_ranked": ("sort", _("Ranked by the firm")),
                "firm_accepted": ("check", _("The firm takes the student")),
                "agreement_found": ("link", _("Agreement found in the register")),
                "duty_confirmed": ("signature", _("Duty confirmed")),
                "units_published": ("eye", _("Units published")),
                "hired": ("check", _("Hired by the firm")),
                "not_hired": ("x", _("Not hired by the firm")),
                "lives": ("home", _("Living arrangement")),
                "lock": ("lock", _("Place locked")),
                "unlock": ("key", _("Place unlocked")),
                "roster": ("users", _("Roster changed")),
                "allocated_again": ("refresh", _("Allocated again")),
                "proposed": ("plus", _("Place proposed")),
                "moved": ("arrow-right", _("Moved to another post")),
                "appeal_granted": ("check", _("Appeal granted")),
                "proposal_withdrawn": ("x", _("Proposal withdrawn")),
            }
        )
        running_verbs.register()
        redline_actions.register()
