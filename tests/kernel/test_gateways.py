"""Messages to people without an account: by mail or through a campus gateway, tried again where it is away, never readable in the queue."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from django.apps import apps
from django.core import mail
from django.db import transaction

from zhixing.kernel import gateways, jobs

pytestmark = pytest.mark.django_db(transaction=True)


class Box:
    """A gateway on this machine: what it was sent, and how it answers."""

    def __init__(self) -> None:
        self.taken: list[tuple[dict[str, str], Any]] = []
        self.status, self.answer = 200, b'{"code": "OK"}'


@pytest.fixture
def box(settings: Any) -> Iterator[Box]:
    kept = Box()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            kept.taken.append((dict(self.headers), json.loads(body)))
            self.send_response(kept.status)
            self.end_headers()
            self.wfile.write(kept.answer)

        def log_message(self, *_args: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    sms = {
        "backend": "zhixing.kernel.gateways.Http",
        "url": f"http://127.0.0.1:{server.server_port}/send",
        "token": "secret",
        "sign": "海棠职院",
        "timeout": 2.0,
    }
    settings.ZHIXING = settings.ZHIXING | {"sms": sms}
    yield kept
    server.shutdown()
    server.server_close()
    thread.join()


class Queue:
    """The messages that wait in the queue since the test began; the queue itself outlives tests."""

    def __init__(self) -> None:
        rows = apps.get_model("procrastinate", "ProcrastinateJob").objects.filter(task_name__endswith="carry_message")
        last = rows.order_by("-id").values_list("id", flat=True).first() or 0
        self.rows = rows.filter(id__gt=last).order_by("id")

    def __call__(self) -> list[Any]:
        return list(self.rows.all())


@pytest.fixture
def queued(db: None) -> Queue:
    return Queue()


def test_one_post_of_json_a_message(box: Box, queued: Queue) -> None:
    gateways.send_code("sms", "13800001234", "您的验证码是 123456")
    ((headers, body),) = box.taken
    assert body == {"to": "13800001234", "text": "您的验证码是 123456", "sign": "海棠职院"}
    assert headers["Authorization"] == "Bearer secret" and headers["Content-Type"].startswith("application/json")
    assert queued() == []


def test_nothing_leaves_before_the_commit_and_nothing_at_all_without_one(box: Box) -> None:
    with transaction.atomic():
        gateways.send_code("sms", "13800001234", "1")
        assert box.taken == []
    assert len(box.taken) == 1
    with pytest.raises(RuntimeError), transaction.atomic():
        gateways.send_code("sms", "13800001234", "2")
        raise RuntimeError
    assert len(box.taken) == 1


@pytest.mark.parametrize(
    ("status", "answer"), [(500, b""), (403, b"no"), (200, b'{"code": "isv.LIMIT"}'), (200, b'{"ok": false}')]
)
def test_what_is_not_taken_waits_encrypted_and_is_tried_again(
    box: Box, queued: Queue, status: int, answer: bytes
) -> None:
    box.status, box.answer = status, answer
    gateways.send_code("sms", "13800001234", "您的验证码是 123456")
    (job,) = queued()
    kept = json.dumps(job.args, ensure_ascii=False)
    assert "123456" not in kept and "13800001234" not in kept
    box.status, box.answer = 200, b""
    jobs.carry_message(**job.args)
    assert box.taken[-1][1]["text"] == "您的验证码是 123456"


def test_a_gateway_that_is_away_stops_nobody(settings: Any, queued: Queue) -> None:
    sms = settings.ZHIXING["sms"] | {
        "backend": "zhixing.kernel.gateways.Http",
        "url": "http://127.0.0.1:9/",
        "timeout": 1.0,
    }
    settings.ZHIXING = settings.ZHIXING | {"sms": sms}
    gateways.send_code("sms", "13800001234", "1")
    assert len(queued()) == 1
    with pytest.raises(gateways.GatewayError):
        jobs.carry_message(**queued()[0].args)


@pytest.mark.parametrize("url", ["", "file:///etc/passwd", "ftp://example.com"])
def test_only_an_address_of_the_web_is_a_gateway(settings: Any, url: str) -> None:
    sms = settings.ZHIXING["sms"] | {"url": url}
    settings.ZHIXING = settings.ZHIXING | {"sms": sms}
    with pytest.raises(gateways.GatewayError):
        gateways.Http().send("13800001234", "1")


def test_mail_leaves_by_the_mail_server() -> None:
    gateways.send("email", "wang@example.com", "请签署：\n协议", "链接")
    (message,) = mail.outbox
    assert (message.to, message.subject, message.body) == (["wang@example.com"], "请签署： 协议", "链接")


def test_an_unknown_channel_is_a_fault_of_the_caller() -> None:
    with pytest.raises(ValueError):
        gateways.send_code("pigeon", "somewhere", "1")


def test_the_console_prints(capsys: pytest.CaptureFixture[str]) -> None:
    gateways.Console().send("13800001234", "123456")
    assert "13800001234: 123456" in capsys.readouterr().out
