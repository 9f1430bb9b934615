"""What programs do in practice beside the registers: a student's choices, tests, weeks and evaluations, the red-line gate, the allocation."""

from ninja import Router

from zhixing.practice import allocation_api, own_api, redline_api, running_api


def operations(router: Router) -> None:
    own_api.operations(router)
    running_api.operations(router)
    redline_api.operations(router)
    allocation_api.operations(router)
