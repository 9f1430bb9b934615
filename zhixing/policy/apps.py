from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PolicyConfig(AppConfig):
    name = "zhixing.policy"
    label = "policy"
    verbose_name = _("Policy")

    def ready(self) -> None:
        from zhixing.kernel import changes
        from zhixing.policy.refreshing import refresh

        changes.listen(refresh)
