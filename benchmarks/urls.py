"""The product's addresses, and beside them what they are measured against."""

from django.contrib import admin
from django.urls import path

from benchmarks import floors
from config.urls import urlpatterns as product

urlpatterns = [
    path("bench/floor/", floors.organisations),
    path("bench/api/", floors.api.urls),
    path("bench/admin/", admin.site.urls),
    *product,
]
handler400 = "zhixing.kernel.pages.bad_request"
handler403 = "zhixing.kernel.pages.forbidden"
handler404 = "zhixing.kernel.pages.not_found"
handler500 = "zhixing.kernel.pages.server_error"
