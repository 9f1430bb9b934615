from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OrgConfig(AppConfig):
    name = "zhixing.org"
    label = "org"
    verbose_name = _("College and people")

    def ready(self) -> None:
        from zhixing.kernel import scope
        from zhixing.org.roles import ROLE_TABLE

        scope.install(ROLE_TABLE)
