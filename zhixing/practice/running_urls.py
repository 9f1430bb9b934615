"""Pages of running placements."""

from django.urls import path

from zhixing.practice import running_papers_views as papers
from zhixing.practice import running_views as views

urlpatterns = [
    path("week/", views.week_page, name="practice-week"),
    path("week/state/", views.week_state, name="practice-week-state"),
    path("week/worker.js", views.worker, name="practice-worker"),
    path("week/manifest.webmanifest", views.manifest, name="practice-manifest"),
    path("papers/", papers.papers_page, name="practice-papers"),
    path("complain/", views.complain_page, name="practice-complain"),
    path("evaluate/<int:pk>/", views.evaluate_page, name="practice-evaluate"),
    path("today/", views.today_page, name="practice-today"),
    path("journals/", views.journals_page, name="practice-journals"),
    path("visits/start/", views.visit_start, name="practice-visit-start"),
    path("visits/<int:pk>/", views.visit_page, name="practice-visit"),
    path("placements/<int:pk>/archive/", views.archive_file, name="practice-archive"),
]
