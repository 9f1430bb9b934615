"""Who may call the addresses of an allocation."""

PLAIN = {
    # Plans that may not be changed are looked at on their own pages; nobody allocates them.
    "practice-allocation": "practice.practice_plan:change",
    "practice-appeal": "practice.practice_plan:change",
    "practice-joint": "practice.allocation:view",
    "api:allocate": "practice.allocation:view",
    "practice-why": "practice.own_practice:view",
}
