"""Addresses of the red-line gate."""

from django.urls import path

from zhixing.practice import redline_views as views

urlpatterns = [
    path("redline/plan/<int:pk>/", views.plan_page, name="redline-plan"),
    path("redline/post/<int:pk>/", views.post_page, name="redline-post"),
    path("redline/placement/<int:pk>/", views.placement_page, name="redline-placement"),
    path("redline/rules/", views.rules_page, name="redline-rules"),
    path("redline/filings/", views.filings_page, name="redline-filings"),
]
