"""Every address of the product."""

from django.contrib.auth import views as auth
from django.urls import include, path

from zhixing.kernel import api
from zhixing.org import views as org

urlpatterns = [
    path("accounts/login/", org.SignIn.as_view(), name="login"),
    path("accounts/logout/", auth.LogoutView.as_view(), name="logout"),
    path("i18n/", include("django.conf.urls.i18n")),
    path("governance/", include("zhixing.governance.urls")),
    path("policy/", include("zhixing.policy.urls")),
    path("api/v1/", api.urls()),
    path("", include("zhixing.insights.urls")),
    path("", include("zhixing.kernel.urls")),
]
handler400 = "zhixing.kernel.pages.bad_request"
handler403 = "zhixing.kernel.pages.forbidden"
handler404 = "zhixing.kernel.pages.not_found"
handler500 = "zhixing.kernel.pages.server_error"
