"""The pages that every record type has."""

from django.urls import path

from zhixing.kernel import views

urlpatterns = []
assert views
