"""What people do in cultivation. Buttons, bulk, API and commands call these; each refuses with ValidationError in words."""

from zhixing.cultivation.order_class_actions import (
    close_class,
    finish_class,
    follow_up,
    hire,
    leave,
    open_recruiting,
    rank_applicants,
    run_match,
    save_choices,
    start_class,
    undo_match,
)
from zhixing.cultivation.training_actions import (
    log_course_changes,
    new_version,
    record_signature,
    send_to_firms,
    submit_plan,
)

__all__ = [
    "close_class",
    "finish_class",
    "follow_up",
    "hire",
    "leave",
    "log_course_changes",
    "new_version",
    "open_recruiting",
    "rank_applicants",
    "record_signature",
    "run_match",
    "save_choices",
    "send_to_firms",
    "start_class",
    "submit_plan",
    "undo_match",
]
