"""Cultivation's own pages."""

from django.urls import path

from zhixing.cultivation import views

urlpatterns = [
    path("plans/<int:pk>/map/", views.plan_map_page, name="plan-map"),
    path("choices/", views.choices_page, name="my-choices"),
    path("ask/<slug:what>/<int:pk>/", views.ask_page, name="cultivation-ask"),
]
