"""Agreements' own pages, beside those that every record type has."""

from django.urls import path

from zhixing.agreements import views, views_signing, views_together

urlpatterns = [
    path("agreement/<int:pk>/preview.<slug:format>", views.preview, name="agreement-preview"),
    path("agreement_document/<int:pk>/file/", views.document_file, name="agreement-file"),
    path("agreement_kind/<int:pk>/template/", views.new_template, name="agreement-template-new"),
    path("agreement_kind/<int:pk>/shipped.docx", views.shipped_template, name="agreement-template-shipped"),
    path("template/<int:pk>/file/", views.template_file, name="agreement-template-file"),
    path("signing/<int:pk>/", views_signing.inside_page, name="signing-inside"),
    path("signing/waiting/", views_together.waiting_page, name="signing-waiting"),
    path("signing/scans/", views_signing.scans_page, name="signing-scans"),
]
