from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AgreementsConfig(AppConfig):
    name = "zhixing.agreements"
    label = "agreements"
    verbose_name = _("Agreements")

    def ready(self) -> None:
        from zhixing.agreements import columns, invitations, views, views_signing
        from zhixing.kernel import changes, links

        links.register(invitations.CONFIRM, views.confirm_page)
        views_signing.register()
        changes.listen(columns.parts.forget)
