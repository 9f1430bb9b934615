from django.apps import AppConfig


class PolicyConfig(AppConfig):
    name = "zhixing.policy"
    label = "policy"
