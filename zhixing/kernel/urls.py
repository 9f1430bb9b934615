"""The pages that every record type has, and those of the machine itself."""

from django.urls import path

from zhixing.kernel import (
    api_docs,
    editing,
    exporting,
    filing,
    finding_views,
    inbox,
    links,
    notice_views,
    progress,
    views,
)
from zhixing.kernel import import_views as importing

_TYPE = "<slug:domain>/<slug:name>/"

urlpatterns = [
    path("l/<str:token>/", links.outside, name="outside"),
    path("api/v1/docs/", api_docs.index, name="api-docs"),
    path("api/v1/docs/<slug:domain>/<slug:name>/", api_docs.of_type, name="api-docs-type"),
    path("search/", finding_views.search_page, name="search"),
    path("inbox/", inbox.inbox_page, name="inbox"),
    path("inbox/decide/", inbox.decide_many, name="decide-many"),
    path("inbox/<int:pk>/decide/", inbox.decide, name="decide"),
    path("inbox/<int:pk>/delegate/", inbox.delegate, name="delegate"),
    path("notices/", notice_views.notices, name="notices"),
    path("notices/read/", notice_views.read_notices, name="notices-read"),
    path("notices/<int:pk>/", notice_views.notice, name="notice"),
    path("jobs/<int:pk>/", progress.job_page, name="job"),
    path("files/<int:pk>/", filing.download, name="file"),
    path("files/<int:pk>/remove/", filing.remove, name="file-remove"),
    path("imports/<int:pk>/", importing.run_page, name="import-run"),
    path("imports/<int:pk>/marked/", importing.marked, name="import-marked"),
    path("imports/<int:pk>/commit/", importing.commit, name="import-commit"),
    path("imports/<int:pk>/undo/", importing.undo, name="import-undo"),
    path("pick/<slug:domain>/<slug:name>/", finding_views.pick, name="pick"),
    path(_TYPE, views.list_page, name="list"),
    path(f"{_TYPE}bulk/", views.bulk, name="bulk"),
    path(f"{_TYPE}save-view/", finding_views.save_view, name="save-view"),
    path(f"{_TYPE}export.<slug:kind>", exporting.export_page, name="export"),
    path(f"{_TYPE}import/", importing.upload, name="import"),
    path(f"{_TYPE}import/template.xlsx", importing.template, name="import-template"),
    path(f"{_TYPE}add/", editing.edit, name="add"),
    path(f"{_TYPE}<int:pk>/", views.detail, name="detail"),
    path(f"{_TYPE}<int:pk>/edit/", editing.edit, name="edit"),
    path(f"{_TYPE}<int:pk>/draft/", editing.draft, name="draft"),
    path(f"{_TYPE}<int:pk>/delete/", editing.delete, name="delete"),
    path(f"{_TYPE}<int:pk>/restore/", editing.restore, name="restore"),
    path(f"{_TYPE}<int:pk>/act/<slug:key>/", editing.act, name="act"),
    path(f"{_TYPE}<int:pk>/upload/", filing.upload, name="upload"),
    path(f"{_TYPE}<int:pk>/reveal/<slug:field>/", views.reveal, name="reveal"),
]
