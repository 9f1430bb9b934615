"""What programs do for a student before the practice: choices, an own unit, consent, the safety test; and a plan's checklist.

Source: 职业学校学生实习管理规定 art. 2, 13 (自行选择、知情同意), art. 26 (岗前安全教育), D-41.
"""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Router

from zhixing.kernel.api import Refused, answer, body_of, known, takes
from zhixing.kernel.scope import Actor
from zhixing.practice import choice_actions, own, post_actions, readiness, safety
from zhixing.practice.plans import PracticePlan
from zhixing.practice.practice_forms import ProposeForm

_WORDS = {"type": "string"}
_CHOICES = takes(posts={"type": "array", "items": {"type": "integer"}})
_UNIT = takes(**dict.fromkeys(ProposeForm.base_fields, _WORDS))
_CONSENT = takes(decision={"type": "string", "enum": ["give", "refuse", "withdraw"]}, reason=_WORDS)
_ANSWERS = takes(token=_WORDS, answers={"type": "object", "additionalProperties": {"type": "integer"}})


def _lacks(items: list[readiness.Missing]) -> list[dict[str, str]]:
    return [
        {
            "code": item.code,
            "rule": item.rule,
            "label": item.label,
            "holder": item.holder,
            "who": item.who,
            "detail": item.detail,
        }
        for item in items
    ]


def _mine(actor: Actor) -> dict[str, Any]:
    """The student's practice as the page tells it."""
    mine = own.mine(own.student_of(actor), actor)
    row, plan = mine.placement, mine.plan
    return {
        "plan": plan and {"id": plan.pk, "code": plan.code, "title": plan.title, "status": plan.status},
        "next": {"title": mine.next.title, "text": mine.next.text},
        "placement": row
        and {
            "id": row.pk,
            "organisation": row.post.organisation.name,
            "post": row.post.title,
            "address": row.post.address,
            "starts_on": row.starts_on,
            "ends_on": row.ends_on,
            "status": row.status,
            "supervisor": row.supervisor.name if row.supervisor else "",
            "mentor": row.mentor.name if row.mentor else "",
            "why": mine.why,
        },
        "consent": mine.consent.status if mine.consent else "",
        "missing": _lacks(mine.missing),
        "may_propose": mine.may_propose,
    }


def _choices(plan: PracticePlan, order: list[int]) -> dict[str, Any]:
    return {
        "plan": {"id": plan.pk, "title": plan.title, "limit": plan.choices_limit, "choose_until": plan.choose_until},
        "chosen": order,
        "posts": [
            {
                "id": offer.post.pk,
                "title": offer.post.title,
                "organisation": offer.post.organisation.name,
                "kilometres": offer.kilometres,
                "places": offer.post.places,
                "free": offer.free,
                "first_choices": offer.wanted,
                "pay": offer.post.pay,
            }
            for offer in own.offers(plan, order)
        ],
    }


def _open_plan(student: Any) -> PracticePlan:
    plan = choice_actions.open_to(student).order_by("choose_until").first()
    if plan is None:
        raise Http404
    return plan


def operations(router: Router) -> None:
    """`my-practice` with its acts, and the checklist of a plan."""

    @router.get("/practice/my-practice", operation_id="my_practice", url_name="my_practice", response={200: None})
    def my_practice(request: HttpRequest) -> HttpResponse:
        """Where the caller is in their practice, and what comes next."""
        return answer(_mine(request.actor))  # type: ignore[attr-defined]

    @router.get(
        "/practice/my-practice/choices",
        operation_id="my_practice_choices",
        url_name="my_practice_choices",
        response={200: None},
    )
    def my_choices(request: HttpRequest) -> HttpResponse:
        """The posts open to the caller with distance and free places, and the caller's order."""
        student = own.student_of(request.actor)  # type: ignore[attr-defined]
        plan = _open_plan(student)
        return answer(_choices(plan, choice_actions.chosen(plan, student)))

    @router.post(
        "/practice/my-practice/choices",
        operation_id="choose_posts",
        url_name="choose_posts",
        response={200: None},
        openapi_extra=_CHOICES,
    )
    def choose(request: HttpRequest) -> HttpResponse:
        """学生填报志愿: the ids of posts, the dearest first; they replace the earlier order."""
        actor: Actor = request.actor  # type: ignore[attr-defined]
        student, given = own.student_of(actor, "add"), body_of(request)
        known(given, ("posts",))
        ids = given.get("posts")
        if not isinstance(ids, list) or not all(isinstance(pk, int) for pk in ids):
            raise Refused(422, {"posts": [{"message": _("Give the ids of the posts as a list.")}]})
        plan = _open_plan(student)
        return answer(_choices(plan, choice_actions.save_choices(student, plan, ids, by=actor.as_system())))

    @router.post(
        "/practice/my-practice/unit",
        operation_id="propose_unit",
        url_name="propose_unit",
        response={200: None},
        openapi_extra=_UNIT,
    )
    def propose(request: HttpRequest) -> HttpResponse:
        """自行联系单位: a unit of the caller's own finding; it lies with the college afterwards."""
        actor: Actor = request.actor  # type: ignore[attr-defined]
        student, given = own.student_of(actor, "add"), body_of(request)
        known(given, tuple(ProposeForm.base_fields))
        mine, form = own.mine(student, actor), ProposeForm(given)
        if mine.plan is None:
            raise Refused(409, {"": [{"message": _("You cannot propose a unit now.")}]})
        if not form.is_valid():
            raise Refused(
                422, {name: [{"message": str(words)} for words in said] for name, said in form.errors.items()}
            )
        post = post_actions.propose(student, mine.plan, by=actor.as_system(), **form.cleaned_data)
        return answer({"post": post.pk, "code": post.code, "status": post.status})

    @router.post(
        "/practice/my-practice/consent",
        operation_id="decide_placement",
        url_name="decide_placement",
        response={200: None},
        openapi_extra=_CONSENT,
    )
    def consent(request: HttpRequest) -> HttpResponse:
        """知情同意: the caller's word on their placement."""
        actor: Actor = request.actor  # type: ignore[attr-defined]
        student, given = own.student_of(actor, "add"), body_of(request)
        known(given, ("decision", "reason"))
        own.decide(own.mine(student, actor), str(given.get("decision")), str(given.get("reason") or ""), by=actor)
        return answer(_mine(actor))

    @router.get(
        "/practice/my-practice/safety/{int:plan}",
        operation_id="draw_safety_test",
        url_name="draw_safety_test",
        response={200: None},
    )
    def draw(request: HttpRequest, plan: int) -> HttpResponse:
        """A safety test drawn for the caller; hand it in with its token."""
        student = own.student_of(request.actor)  # type: ignore[attr-defined]
        paper = safety.draw(student, own.plan_for(student, plan))
        questions = [
            {"code": row.code, "text": row.text, "options": [{"number": n, "text": words} for n, words in row.options]}
            for row in paper.questions
        ]
        return answer({"token": paper.token, "attempt": paper.attempt, "left": paper.left, "questions": questions})

    @router.post(
        "/practice/my-practice/safety/{int:plan}",
        operation_id="hand_in_safety_test",
        url_name="hand_in_safety_test",
        response={200: None},
        openapi_extra=_ANSWERS,
    )
    def hand_in(request: HttpRequest, plan: int) -> HttpResponse:
        """The answers by code of the question, each the number of an option, 1 the first."""
        actor: Actor = request.actor  # type: ignore[attr-defined]
        student, given = own.student_of(actor, "add"), body_of(request)
        known(given, ("token", "answers"))
        answers = given.get("answers")
        if not isinstance(answers, dict) or not all(isinstance(value, int) for value in answers.values()):
            raise Refused(422, {"answers": [{"message": _("Give a number for each question.")}]})
        found = own.plan_for(student, plan)
        test, wrong = safety.hand_in(student, found, str(given.get("token") or ""), answers, by=actor)
        return answer(
            {"attempt": test.attempt, "score": test.score, "passed": test.passed, "wrong": [row.code for row in wrong]}
        )

    @router.get(
        "/practice/readiness/{int:plan}",
        operation_id="practice_readiness",
        url_name="practice_readiness",
        response={200: None},
    )
    def ready(request: HttpRequest, plan: int) -> HttpResponse:
        """开始前检查: what every student of a plan still lacks, and with whom it lies."""
        actor: Actor = request.actor  # type: ignore[attr-defined]
        if not actor.can(PracticePlan):
            raise PermissionDenied(_("Your role does not include this."))
        found = PracticePlan.objects.filter(pk=plan).visible_to(actor).first()  # type: ignore[attr-defined]
        if found is None:
            raise Http404
        board = readiness.board(readiness.visible_rows(found, actor))
        return answer(
            {
                "plan": found.code,
                "students": len(board.lines),
                "ready": board.ready,
                "missing": {code: number for code, _label, number in board.counts},
                "items": [
                    {
                        "placement": line.placement.pk,
                        "student": line.placement.student.number,
                        "missing": _lacks(line.missing),
                    }
                    for line in board.lines
                ],
            }
        )
