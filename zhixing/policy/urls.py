"""The policy's own pages. Those of a policy, a rule and a standing stand where their records' pages would."""

from django.urls import path

from zhixing.policy import views, views_rule, views_standing, views_years

urlpatterns = [
    path("", views.clauses, name="clauses"),
    path("remind/", views.remind_all, name="remind-all"),
    path("policy/<int:pk>/", views.policy_page, name="policy"),
    path("policy/<int:pk>/acknowledge/", views.acknowledge, name="acknowledge"),
    path("rule/<int:pk>/", views_rule.rule_page, name="rule"),
    path("rule/<int:pk>/numbers/", views_rule.numbers, name="rule-numbers"),
    path("standing/<int:pk>/", views_standing.standing_page, name="standing"),
    path("standing/<int:pk>/remind/", views_standing.remind, name="standing-remind"),
    path("standing/<int:pk>/waiver/", views_standing.waiver, name="standing-waiver"),
    path("years/", views_years.years, name="year-closes"),
    path("years/<str:year>/", views_years.year, name="year-close"),
    path("years/<str:year>/recount/", views_years.recount, name="year-recount"),
    path("recounts/<int:pk>/", views_years.recount_page, name="recount"),
]
