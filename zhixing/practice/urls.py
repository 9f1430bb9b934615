"""Practice's own pages."""

from django.urls import include, path

from zhixing.practice import allocation_joint, allocation_views, own_views, staff_views

urlpatterns = [
    path("", include("zhixing.practice.redline_urls")),
    path("mine/", own_views.home, name="my-practice"),
    path("mine/choices/", own_views.choose, name="practice-choose"),
    path("mine/unit/", own_views.propose, name="practice-propose"),
    path("mine/safety/<int:plan>/", own_views.safety_test, name="practice-safety"),
    path("plans/<int:plan>/ready/", staff_views.ready_page, name="practice-ready"),
    path("allocation/", allocation_joint.joint_page, name="practice-joint"),
    path("plans/<int:plan>/allocation/", allocation_views.allocation_page, name="practice-allocation"),
    path("plans/<int:plan>/appeal/<int:student>/", allocation_views.appeal_page, name="practice-appeal"),
    path("mine/why/<int:plan>/", allocation_views.why_page, name="practice-why"),
]
