"""The bases' own pages."""

from django.urls import path

from zhixing.bases import views, views_papers, views_rooms

urlpatterns = [
    path("planner/", views.planner_page, name="place-planner"),
    path("planner/visits/", views.visits_page, name="place-visits"),
    path("calendar/", views_rooms.calendar_page, name="booking-calendar"),
    path("rooms/<int:pk>/weekly/", views_rooms.weekly_page, name="book-weekly"),
    path("statements/<int:pk>/", views_papers.statement_page, name="benefit-statement"),
    path("summaries/", views_papers.summaries_page, name="term-summaries"),
    path("summaries/<int:pk>/", views_papers.summary_page, name="term-summary"),
    path("demonstration/", views_papers.board_page, name="demonstration-board"),
    path("demonstration/nearest/", views_papers.nearest_page, name="demonstration-nearest"),
]
