"""Cultivation's own pages."""

from django.urls import path

from zhixing.cultivation import apprenticeship_views, own, views

urlpatterns = [
    path("plans/<int:pk>/map/", views.plan_map_page, name="plan-map"),
    path("choices/", views.choices_page, name="my-choices"),
    path("my-apprenticeship/", own.page, name="my-apprenticeship"),
    path("ask/<slug:what>/<int:pk>/", views.ask_page, name="cultivation-ask"),
    path("radar/", apprenticeship_views.radar_page, name="risk-radar"),
    path("radar/<slug:kind>/<int:pk>/<slug:signal>/", apprenticeship_views.risk_rows_page, name="risk-rows"),
    path("apprenticeships/<int:pk>/ask/", apprenticeship_views.ask_page, name="apprenticeship-ask"),
]
