"""What running placements make known when the system starts: links, certificates, and the words of their events."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhixing.kernel import changes
from zhixing.kernel.timeline import name_verbs
from zhixing.practice import certificates, own, running_incidents, running_links, running_papers_views


def register() -> None:
    """Links for mentors, guardians and evaluations; certificates on the page of verification; words of events; incidents from registers."""
    running_links.register()
    own.PANELS.append(running_papers_views.own_panel)
    certificates.register()
    changes.listen(running_incidents.incidents_changed)
    name_verbs(
        {
            "week_confirmed": ("check", _("Week confirmed by the mentor")),
            "severity_changed": ("alert", _("Gravity changed")),
            "vouched": ("check", _("Looked at what the student brought")),
            "doubted": ("x", _("What the student brought does not count")),
            "signed": ("signature", _("Signed on the spot")),
            "withdrawn": ("ban", pgettext_lazy("certificate", "Withdrawn")),
        }
    )
