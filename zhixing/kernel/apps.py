from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class KernelConfig(AppConfig):
    name = "zhixing.kernel"
    label = "kernel"
    verbose_name = _("System")

    def ready(self) -> None:
        from zhixing.kernel import checks  # noqa: F401  (registers itself)
