"""Who may call the addresses of running placements."""

PLAIN = {
    "practice-week": "practice.own_week:view",
    "practice-week-state": "practice.own_week:view",
    # The worker and the manifest name nobody, and a phone asks for them before it says who it is.
    "practice-worker": "open",
    "practice-manifest": "open",
    "practice-papers": "practice.own_week:view, POST practice.own_week:add",
    "practice-complain": "practice.own_week:view",
    "practice-evaluate": "practice.own_week:view",
    "practice-today": "practice.week_entry:approve",
    "practice-journals": "practice.week_entry:approve",
    "practice-visit-start": "practice.visit:add",
    "practice-visit": "practice.visit:change",
    "practice-archive": "practice.placement:view",
    "api:my_week": "practice.own_week:view, POST practice.own_week:add",
    "api:hand_in_week": "practice.own_week:view, POST practice.own_week:add",
    "api:my_papers": "practice.own_week:view, POST practice.own_week:add",
    "api:bring_paper": "practice.own_week:view, POST practice.own_week:add",
    "api:evaluate_own": "practice.own_week:add",
    "api:complain": "practice.own_week:add",
}
