"""What ours is measured against on the web: a bare Django view, a bare ninja operation, Django admin."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from ninja import NinjaAPI
from ninja.security import django_auth

from zhixing.partners.models import Organisation
from zhixing.partners.organisation_sheets import OrganisationSheet

FIELDS = OrganisationSheet.columns
COUNTED = {path: OrganisationSheet.computed[path].expression for path in FIELDS if path in OrganisationSheet.computed}


def _rows(request: HttpRequest) -> Any:
    rows = Organisation.objects.filter(archived_at=None, status__in=request.GET.getlist("status"))
    return rows.annotate(**COUNTED).order_by("name", "id")


def organisations(request: HttpRequest) -> HttpResponse:
    """The same rows and columns from one query in a plain template, and nothing else."""
    rows = _rows(request).select_related("industry", "region", "keeper")[:50]
    return render(request, "benchmarks/floor.html", {"rows": rows})


api = NinjaAPI(urls_namespace="bench", auth=django_auth, docs_url=None, openapi_url=None)


@api.get("organisations", response=None)
def organisation_values(request: HttpRequest) -> Any:
    return list(_rows(request).values("id", *FIELDS)[:100])


class OrganisationAdmin(admin.ModelAdmin):
    """The same columns, search and filters as the product's list, in admin's own ways: relations joined, counts annotated.

    The filters by another organisation are left out: admin would draw a link for each of the 100,000.
    """

    list_display = [path for path in FIELDS if path not in COUNTED] + list(COUNTED)
    list_filter = [path for path in OrganisationSheet.filters if path not in {"source", "parent"}]
    search_fields = list(OrganisationSheet.search)
    list_select_related = ["industry", "region", "keeper"]
    list_per_page = 50

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).annotate(**COUNTED)


for _path in COUNTED:
    setattr(OrganisationAdmin, _path, lambda self, record, _path=_path: getattr(record, _path))
admin.site.register(Organisation, OrganisationAdmin)
