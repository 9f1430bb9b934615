"""What programs do in cultivation beside the registers: a student's choices, and a student's own apprenticeship.

Source: 四（三）1 (双向选择), D-31 (学徒评价).
"""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Router

from zhixing.cultivation import actions, marks, own, queries
from zhixing.cultivation.apprenticeship_actions import review_own
from zhixing.cultivation.models import Applicant, OrderPost, StudentRank
from zhixing.kernel.api import Refused, answer, body_of, known, takes
from zhixing.kernel.scope import Actor
from zhixing.org.models import Student

_CHOICES = takes(posts={"type": "array", "items": {"type": "integer"}}, statement={"type": "string"})
_REVIEW = takes(
    marks={"type": "object", "properties": {code: {"type": "integer"} for code, _label in marks.OF_APPRENTICE}},
    text={"type": "string"},
)


def _student(actor: Actor, capability: str) -> Student:
    if not actor.can("cultivation.own_choices", capability):
        raise PermissionDenied(_("This page is for students."))
    rows = Student.objects.filter(person=actor.person_id or 0, archived_at=None).select_related("cohort__major")
    student = rows.first()
    if student is None:
        raise Http404
    return student


def _choices(student: Student) -> dict[str, Any]:
    """The classes open to a student with their posts, and what was chosen, the most wanted first."""
    living = Applicant.objects.filter(student=student, archived_at=None).exclude(status=Applicant.Status.WITHDRAWN)
    chosen = StudentRank.objects.filter(applicant__in=living, archived_at=None).order_by("rank", "pk")
    classes = queries.open_to(student).select_related("organisation").prefetch_related("order_posts")
    return {
        "classes": [
            {
                "id": row.pk,
                "name": row.name,
                "organisation": row.organisation.name,
                "recruits_until": row.recruits_until,
                "posts": [
                    {
                        "id": post.pk,
                        "name": post.name,
                        "capacity": post.capacity,
                        "wage": post.wage,
                        "place": post.place,
                    }
                    for post in row.order_posts.all()
                    if post.archived_at is None
                ],
            }
            for row in classes
        ],
        "choices": list(chosen.values("post", "rank", "post__order_class", "applicant__status")),
    }


def _apprenticeships(actor: Actor) -> dict[str, Any]:
    """The caller's own apprenticeships, as the page shows them."""
    return {
        "items": [
            {
                "id": item.apprentice.pk,
                "programme": item.apprentice.programme.name,
                "organisation": item.apprentice.programme.organisation.name,
                "status": item.apprentice.status,
                "joined_on": item.apprentice.joined_on,
                "employed_on": item.apprentice.employed_on,
                "left_on": item.apprentice.left_on,
                "master": item.master.master.name if item.master else "",
                "post": item.rotation.post if item.rotation else "",
                "term": str(item.term) if item.term else "",
                "review_due": item.due,
                "may_review": item.may_review,
                "score": item.own.score if item.own else None,
            }
            for item in own.found(actor)
        ]
    }


def operations(router: Router) -> None:
    """`my-choices` and `my-apprenticeship`, each to read and to write."""

    @router.get("/cultivation/my-choices", operation_id="my_choices", url_name="my_choices", response={200: None})
    def my_choices(request: HttpRequest) -> HttpResponse:
        return answer(_choices(_student(request.actor, "view")))  # type: ignore[attr-defined]

    @router.post(
        "/cultivation/my-choices",
        operation_id="choose",
        url_name="choose",
        response={200: None},
        openapi_extra=_CHOICES,
    )
    def choose(request: HttpRequest) -> HttpResponse:
        """学生填报志愿: the ids of posts, the most wanted first; they replace the earlier choices."""
        actor: Actor = request.actor  # type: ignore[attr-defined]
        student, given = _student(actor, "add"), body_of(request)
        known(given, ("posts", "statement"))
        ids = given.get("posts")
        if not isinstance(ids, list) or not all(isinstance(pk, int) for pk in ids):
            raise Refused(422, {"posts": [{"message": _("Give the ids of the posts as a list.")}]})
        posts = OrderPost.objects.filter(archived_at=None).in_bulk(ids)
        if lacking := [pk for pk in ids if pk not in posts]:
            raise Refused(422, {"posts": [{"message": _("There is no post %(id)s.") % {"id": lacking[0]}}]})
        statement = str(given.get("statement") or "")[:500]
        actions.save_choices(student, [posts[pk] for pk in ids], by=actor, statement=statement)
        return answer(_choices(student))

    @router.get(
        "/cultivation/my-apprenticeship",
        operation_id="my_apprenticeship",
        url_name="my_apprenticeship",
        response={200: None},
    )
    def my_apprenticeship(request: HttpRequest) -> HttpResponse:
        return answer(_apprenticeships(request.actor))  # type: ignore[attr-defined]

    @router.post(
        "/cultivation/my-apprenticeship/{int:id}/review",
        operation_id="review_own",
        url_name="review_own",
        response={200: None},
        openapi_extra=_REVIEW,
    )
    def review(request: HttpRequest, id: int) -> HttpResponse:
        """The caller's word about the term that runs: a mark from 0 to 100 for each thing looked at, and words."""
        actor: Actor = request.actor  # type: ignore[attr-defined]
        chosen = next((item for item in own.found(actor) if item.apprentice.pk == id), None)
        if chosen is None or chosen.term is None:
            raise Http404
        given = body_of(request)
        known(given, ("marks", "text"))
        said = given.get("marks")
        names = [code for code, _label in marks.OF_APPRENTICE]
        if not isinstance(said, dict) or set(said) != set(names) or not all(_is_mark(said[code]) for code in names):
            words = _("Give a mark from 0 to 100 for each of: %(names)s.") % {"names": "、".join(names)}
            raise Refused(422, {"marks": [{"message": words}]})
        posted = {f"{code}-{id}": said[code] for code in names} | {f"text-{id}": given.get("text")}
        card = marks.read(posted, id, marks.OF_APPRENTICE)
        review_own(chosen.apprentice, by=actor, term=chosen.term, score=card.mean, text=card.words)
        return answer(_apprenticeships(actor))


def _is_mark(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 100
