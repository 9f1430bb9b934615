"""Who may call the addresses of an allocation."""

PLAIN = {
    # Plans that may not be changed are looked at on their own pages; nobody allocates them.
    "practice-allocation": "practice.allocation:view",
    "practice-appeal": "practice.allocation:view",
    "practice-joint": "practice.allocation:view",
    "api:allocate": "practice.allocation:view",
    "api:allocation": "practice.allocation:view",
    "practice-why": "practice.own_practice:view",
}
