"""`verify FILE`: is this paper ours, and is it unchanged?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from zhixing.agreements import verification
from zhixing.kernel.verbs import BadCall, Verb

# The largest paper that the pages take in; more is not one of ours.
MOST_BYTES = 50 * 1024 * 1024


class Command(Verb):
    help = "Say whether a PDF, a scan or a photograph of a paper is ours and unchanged. Exit 1 when it is not ours, changed or revoked."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("file", help="the PDF, JPEG, PNG or WebP file")

    def work(self, **options: Any) -> tuple[Any, int]:
        path = Path(options["file"])
        try:
            if path.stat().st_size > MOST_BYTES:
                raise BadCall(f"{path} is larger than {MOST_BYTES // 1024 // 1024} MB.")
            content = path.read_bytes()
        except OSError as error:
            raise BadCall(f"{path} cannot be read: {error.strerror}.") from error
        if not content:
            raise BadCall(f"{path} is empty.")
        answer = verification.of_file(content)
        sound = answer.ours and answer.unchanged is not False and not answer.revoked
        return answer.brief(), 0 if sound else 1

    def say(self, result: Any) -> None:
        if not result["ours"]:
            self.stdout.write("Not ours.")
            return
        unchanged = {True: "unchanged", False: "CHANGED", None: "a copy: whether it was altered cannot be told"}
        self.stdout.write(f"Ours, {unchanged[result['unchanged']]}.")
        self.stdout.write(f"{result['kind']} {result['number']}, issued on {result['issued_on']}")
        if result["revoked"]:
            self.stdout.write("No longer valid: terminated, replaced or withdrawn.")
