"""Every address of the product."""

from django.contrib.auth import views as auth
from django.contrib.auth.decorators import login_not_required
from django.urls import include, path
from django.views.i18n import set_language

from zhixing.kernel import api
from zhixing.org import views as org

urlpatterns = [
    path("accounts/login/", org.SignIn.as_view(), name="login"),
    path("accounts/logout/", auth.LogoutView.as_view(), name="logout"),
    # Whoever signs in or comes by a link chooses the language too.
    path("i18n/setlang/", login_not_required(set_language), name="set_language"),
    path("bases/", include("zhixing.bases.urls")),
    path("cultivation/", include("zhixing.cultivation.urls")),
    path("governance/", include("zhixing.governance.urls")),
    path("agreements/", include("zhixing.agreements.urls")),
    path("industry_colleges/", include("zhixing.industry_colleges.urls")),
    path("policy/", include("zhixing.policy.urls")),
    path("practice/", include("zhixing.practice.urls")),
    path("practice/", include("zhixing.practice.running_urls")),
    path("api/v1/", api.urls()),
    path("", include("zhixing.agreements.urls_verify")),
    path("", include("zhixing.insights.urls")),
    path("", include("zhixing.kernel.urls")),
]
handler400 = "zhixing.kernel.pages.bad_request"
handler403 = "zhixing.kernel.pages.forbidden"
handler404 = "zhixing.kernel.pages.not_found"
handler500 = "zhixing.kernel.pages.server_error"
