"""Addresses outside the domain's own room: short ones for a QR, and the page that anybody may open."""

from django.urls import path

from zhixing.agreements import views_verify as views

urlpatterns = [
    path("verify/", views.verify_page, name="verify"),
    path("verify/public-key", views.public_key_page, name="verify-key"),
    path("verify/public-key.pem", views.public_key_file, name="verify-key-file"),
    path("verify/public-key.svg", views.public_key_qr, name="verify-key-qr"),
    path("v/<str:text>/", views.verify_page, name="verify-code"),
    path("v/<str:text>/<int:page>", views.verify_page, name="verify-page"),
    path("v/<str:text>", views.verify_page, name="verify-short"),
]
