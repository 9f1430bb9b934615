from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PolicyConfig(AppConfig):
    name = "zhixing.policy"
    label = "policy"
    verbose_name = _("Policy")

    def ready(self) -> None:
        from zhixing.kernel import changes
        from zhixing.kernel.timeline import name_verbs
        from zhixing.policy.refreshing import refresh

        changes.listen(refresh)
        name_verbs(
            {
                "acknowledged": ("check", _("Acknowledged")),
                "reminded": ("bell", _("Holder reminded")),
                "closed": ("lock", _("Year closed")),
                "recounted": ("refresh", _("Year counted anew")),
            }
        )
