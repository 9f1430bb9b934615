"""Who may call practice's own addresses."""

from importlib import import_module
from pathlib import Path

PLAIN = {
    "my-practice": "practice.own_practice:view, POST practice.own_practice:add",
    "practice-choose": "practice.own_practice:view, POST practice.own_practice:add",
    "practice-propose": "practice.own_practice:view, POST practice.own_practice:add",
    "practice-safety": "practice.own_practice:view, POST practice.own_practice:add",
    "practice-ready": "practice.practice_plan:view, POST practice.practice_plan:change",
    "api:my_practice": "practice.own_practice:view",
    "api:my_practice_choices": "practice.own_practice:view, POST practice.own_practice:add",
    "api:choose_posts": "practice.own_practice:view, POST practice.own_practice:add",
    "api:propose_unit": "practice.own_practice:add",
    "api:decide_placement": "practice.own_practice:add",
    "api:draw_safety_test": "practice.own_practice:view, POST practice.own_practice:add",
    "api:hand_in_safety_test": "practice.own_practice:view, POST practice.own_practice:add",
    "api:practice_readiness": "practice.practice_plan:view",
}
# The rooms of practice that keep their own pages name them beside this file.
for _path in sorted(Path(__file__).parent.glob("*_routes.py")):
    PLAIN |= import_module(f"tests.practice.{_path.stem}").PLAIN
