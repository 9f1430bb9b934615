from django.apps import AppConfig


class InsightsConfig(AppConfig):
    name = "zhixing.insights"
    label = "insights"
