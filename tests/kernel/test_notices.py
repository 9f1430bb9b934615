"""A notice reaches a person once, its mail leaves once, and a job cut off by a killed worker runs again."""

from smtplib import SMTPRecipientsRefused
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection, transaction
from django.utils.translation import gettext_noop
from procrastinate.contrib.django.models import ProcrastinateJob

from zhixing.kernel import jobs, notices
from zhixing.kernel.models import Notice
from zhixing.org.models import Person, User

TEXT = gettext_noop("Task “%(task)s” is late.")


@pytest.fixture
def users(db: None) -> list[User]:
    made = []
    for number in range(3):
        person = Person.objects.create(name=f"符{number}", email=f"p{number}@example.edu.cn")
        made.append(User.objects.create(username=f"u{number}", person=person))
    return made


def tell(users: list[User], **more: Any) -> int:
    return notices.send([user.pk for user in users], "k", TEXT, {"task": "走访"}, "/x/", **more)


def queued(name: str) -> list[dict[str, Any]]:
    return list(
        ProcrastinateJob.objects.filter(task_name=name, status="todo").order_by("pk").values_list("args", flat=True)
    )


def test_a_second_notice_of_the_same_key_is_refused_and_counted_so(users: list[User]) -> None:
    assert tell(users[:2]) == 2
    assert tell(users) == 1
    assert Notice.objects.count() == 3
    assert len(queued(jobs.mail_notices.name)) == 2


def test_people_without_an_account_get_nothing(users: list[User]) -> None:
    nobody = Person.objects.create(name="王")
    assert notices.send_to_people([nobody.pk, users[0].person_id], "k", TEXT, {"task": "走访"}) == 1


def test_a_placeholder_without_value_fails_before_anything_is_written(users: list[User]) -> None:
    with pytest.raises(KeyError):
        notices.send([users[0].pk], "k", TEXT, {"other": 1})
    assert not Notice.objects.exists()


def test_without_mail_no_job_is_queued(users: list[User]) -> None:
    tell(users, mail=False)
    assert queued(jobs.mail_notices.name) == []


@pytest.mark.django_db(transaction=True)
def test_the_mail_job_lives_and_dies_with_the_transaction(users: list[User]) -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        tell(users)
        raise RuntimeError
    assert not Notice.objects.exists()
    assert queued(jobs.mail_notices.name) == []
    with transaction.atomic():
        tell(users)
    assert queued(jobs.mail_notices.name) == [
        {"notices": list(Notice.objects.order_by("pk").values_list("pk", flat=True))}
    ]


def test_mail_leaves_once_however_often_the_job_runs(users: list[User], settings: Any) -> None:
    settings.ZHIXING = {**settings.ZHIXING, "base_url": "https://zx.example.edu.cn/"}
    tell(users[:2])
    Notice.objects.filter(user=users[1]).update(mailed_at="2026-03-01T00:00:00Z")
    keys = list(Notice.objects.values_list("pk", flat=True))
    assert notices.deliver(keys) == 1
    assert notices.deliver(keys) == 0
    assert [m.to for m in mail.outbox] == [["p0@example.edu.cn"]]
    assert "走访" in mail.outbox[0].subject
    assert "https://zx.example.edu.cn/x/" in mail.outbox[0].body
    assert Notice.objects.filter(mailed_at=None).count() == 0


def test_a_person_without_an_address_is_not_said_to_be_mailed(users: list[User]) -> None:
    Person.objects.filter(pk=users[0].person_id).update(email="")
    tell(users[:1])
    assert notices.deliver(Notice.objects.values_list("pk", flat=True)) == 0
    assert Notice.objects.get().mailed_at is None


def test_a_refused_address_does_not_hold_up_the_others(users: list[User], monkeypatch: pytest.MonkeyPatch) -> None:
    deliver = EmailBackend.send_messages

    def refuse(self: EmailBackend, messages: list[Any]) -> int:
        if messages[0].to == ["p0@example.edu.cn"]:
            raise SMTPRecipientsRefused({})
        return deliver(self, messages)

    monkeypatch.setattr(EmailBackend, "send_messages", refuse)
    tell(users)
    assert notices.deliver(Notice.objects.values_list("pk", flat=True)) == 2
    assert sorted(m.to[0] for m in mail.outbox) == ["p1@example.edu.cn", "p2@example.edu.cn"]


def test_when_the_server_is_away_what_was_not_attempted_stays_for_the_retry(
    users: list[User], monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(self: EmailBackend, messages: list[Any]) -> int:
        raise ConnectionRefusedError

    monkeypatch.setattr(EmailBackend, "send_messages", away)
    tell(users)
    with pytest.raises(ConnectionRefusedError):
        notices.deliver(Notice.objects.values_list("pk", flat=True))
    assert Notice.objects.filter(mailed_at=None).count() == 2


def stalled_job(attempts: int) -> int:
    """A job that a worker, dead since, had begun."""
    number = jobs.defer(jobs.mail_notices, notices=[])
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE procrastinate_jobs SET status = 'doing', worker_id = NULL, attempts = %s WHERE id = %s",
            [attempts, number],
        )
    return number


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("attempts", "state"), [(0, "todo"), (jobs.MAX_ATTEMPTS, "failed")])
def test_a_job_left_by_a_killed_worker_runs_again_but_not_for_ever(attempts: int, state: str) -> None:
    number = stalled_job(attempts)
    context = type("Context", (), {"job": type("Job", (), {"id": 0})})()
    async_to_sync(jobs.retry_stalled.func)(context)
    assert ProcrastinateJob.objects.get(pk=number).status == state
