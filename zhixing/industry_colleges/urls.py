"""Industry colleges' own pages."""

from django.urls import path

from zhixing.industry_colleges import views

urlpatterns = [path("heatmap/", views.heatmap, name="industry-college-heatmap")]
