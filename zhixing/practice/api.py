"""What programs do in practice beside the registers: a student's choices, tests, weeks and evaluations, and the red-line gate."""

from ninja import Router

from zhixing.practice import own_api, redline_api, running_api


def operations(router: Router) -> None:
    own_api.operations(router)
    running_api.operations(router)
    redline_api.operations(router)
