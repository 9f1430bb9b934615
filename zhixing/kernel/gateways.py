"""Messages to people without an account: by mail, or as a text message through a gateway.

A gateway is a class with one method, `send(address, text)`; the setting `sms.backend` names it. What is sent can be a code
or a link that opens something, so a message that waits in the queue lies there encrypted. A message is tried at once,
after the caller's transaction; where the gateway is away the queue tries again, ever later.
"""

from __future__ import annotations

import json
import logging
import urllib.error
import urllib.request
from typing import Any, Protocol

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.utils.module_loading import import_string

from zhixing.kernel.fields import field_cipher, mask

logger = logging.getLogger(__name__)

EMAIL, SMS = "email", "sms"
# Backends that send nothing: what they are given may be shown on a demonstration's own pages.
_SILENT_MAIL = ("console", "locmem", "dummy")


class GatewayError(Exception):
    """The gateway could not be reached or refused the message; one sentence says why."""


class Gateway(Protocol):
    """What carries text messages."""

    def send(self, address: str, text: str) -> None:
        """Hand one message over; raises GatewayError when it was not taken."""


class Console:
    """Prints messages where the server was started; for trying out and for tests."""

    def send(self, address: str, text: str) -> None:
        print(f"[sms] {address}: {text}", flush=True)


class Http:
    """A gateway that takes one POST of JSON a message: `{"to": …, "text": …, "sign": …}`, bearer token in the header.

    Any answer of the 200s means taken; a body with `"ok": false` or a `"code"` other than 0 or "OK" means refused, as the
    gateways of the large providers say it.
    """

    def send(self, address: str, text: str) -> None:
        sms = settings.ZHIXING["sms"]
        if not sms["url"].startswith(("https://", "http://")):
            raise GatewayError("SMS_URL names no address of a gateway.")
        body = json.dumps({"to": address, "text": text, "sign": sms["sign"]}, ensure_ascii=False).encode()
        request = urllib.request.Request(sms["url"], data=body, method="POST")
        request.add_header("Content-Type", "application/json; charset=utf-8")
        if sms["token"]:
            request.add_header("Authorization", f"Bearer {sms['token']}")
        try:
            with urllib.request.urlopen(request, timeout=sms["timeout"]) as answer:
                said = answer.read(65536)
        except urllib.error.HTTPError as error:
            raise GatewayError(f"The gateway answered {error.code}.") from error
        except (OSError, ValueError) as error:
            raise GatewayError(f"The gateway cannot be reached: {error}") from error
        self._taken(said)

    @staticmethod
    def _taken(said: bytes) -> None:
        try:
            answer: Any = json.loads(said)
        except ValueError:
            return
        if isinstance(answer, dict):
            code = answer.get("code", 0)
            if answer.get("ok") is False or code not in (0, "0", 200, "200", "OK"):
                raise GatewayError(f"The gateway refused the message ({code}).")


def _gateway() -> Gateway:
    return import_string(settings.ZHIXING["sms"]["backend"])()


def carry(channel: str, address: str, subject: str, text: str) -> None:
    """Hand one message to the mail server or the gateway now; raises whatever went wrong."""
    if channel == EMAIL:
        EmailMessage(" ".join(subject.split())[:78], text, to=[address]).send()
    elif channel == SMS:
        _gateway().send(address, text)
    else:
        raise ValueError(f"no channel {channel!r}")


def send(channel: str, address: str, subject: str, text: str) -> None:
    """Send one message once the caller's transaction commits; where that fails, the queue goes on trying."""
    if channel not in (EMAIL, SMS):
        raise ValueError(f"no channel {channel!r}")

    def leave() -> None:
        try:
            carry(channel, address, subject, text)
        except (OSError, GatewayError) as error:
            from zhixing.kernel import jobs

            logger.warning("a message by %s to %s waits: %s", channel, mask(address), error)
            packed = json.dumps([channel, address, subject, text], ensure_ascii=False)
            jobs.defer(jobs.carry_message, packed=field_cipher().encrypt(packed.encode()).decode())

    transaction.on_commit(leave)


def send_code(channel: str, address: str, text: str) -> None:
    """Send somebody the one-time code that `text` says, by "email" or "sms", once the caller's transaction commits."""
    send(channel, address, text, text)


def unpack(packed: str) -> list[str]:
    """The message that waited in the queue: channel, address, subject, text."""
    return json.loads(field_cipher().decrypt(packed.encode()))


def is_silent(channel: str) -> bool:
    """Whether this installation's way of sending reaches nobody: the console of a demonstration."""
    if channel == EMAIL:
        return any(name in settings.EMAIL_BACKEND for name in _SILENT_MAIL)
    return settings.ZHIXING["sms"]["backend"] == f"{__name__}.Console"
