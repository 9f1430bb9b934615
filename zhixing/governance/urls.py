"""Governance's own pages."""

from django.urls import path

from zhixing.governance import views

urlpatterns = [path("gantt/", views.gantt_page, name="gantt")]
