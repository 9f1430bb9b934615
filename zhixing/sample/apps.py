from django.apps import AppConfig


class SampleConfig(AppConfig):
    name = "zhixing.sample"
    label = "sample"
