"""Home, overview and reports."""

from django.urls import path

from zhixing.insights import report_views, views

urlpatterns = [
    path("", views.home, name="home"),
    path("home/remind/", views.remind_all, name="home-remind"),
    path("home/assess/", views.assess_now, name="assess-now"),
    path("overview/", views.overview, name="overview"),
    path("overview/duties/", views.duty_rows, name="duty-rows"),
    path("reports/", report_views.reports_page, name="reports"),
    path("reports/<int:pk>/", report_views.report_file, name="report-file"),
]
