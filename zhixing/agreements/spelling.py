"""How what a kind of agreement asks for is written in words, in a form as in a register, and read back."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from zhixing.agreements.checks import rules
from zhixing.agreements.models import PartyRole, SignatureRequest
from zhixing.kernel.cleaners import by_words
from zhixing.kernel.sheet import Spelling

Channel = SignatureRequest.Channel
TYPES = ("text", "number", "date", "bool")
# Between the Chinese and the English name.
_BETWEEN = " / "
_INDENT = "　　"
_SIGNER = re.compile(r"([^（(]+?)\s*(?:[（(](.*)[)）])?")


def _words(text: str) -> list[str]:
    return [word.strip() for word in re.split(r"[、，,；;\n]", text) if word.strip()]


def _known(word: str, known: dict[str, str]) -> str:
    if word not in known:
        raise ValidationError(_("“%(word)s” is not known here."), code="word", params={"word": word})
    return known[word]


def roles_in_words(roles: list[str]) -> str:
    """`school、enterprise` in the reader's language."""
    names = dict(PartyRole.choices)
    return "、".join(str(names.get(role, role)) for role in roles)


def roles_from_words(text: str) -> list[str]:
    known = by_words(PartyRole.choices)
    return [_known(word, known) for word in _words(text)]


def signers_in_words(signers: list[dict[str, str]]) -> str:
    """`enterprise（by link）；school（inside the system）`, in the order in which they sign."""
    names, channels = dict(PartyRole.choices), dict(Channel.choices)
    return "；".join(
        f"{names.get(signer['role'], signer['role'])}（{channels.get(signer['channel'], signer['channel'])}）"
        for signer in signers
    )


def signers_from_words(text: str) -> list[dict[str, str]]:
    roles, channels = by_words(PartyRole.choices), by_words(Channel.choices)
    signers = []
    for part in filter(None, (part.strip() for part in re.split(r"[；;\n]", text))):
        found = _SIGNER.fullmatch(part)
        role = _known(found[1].strip() if found else part, roles)
        channel = (found[2] or "").strip() if found else ""
        signers.append({"role": role, "channel": _known(channel, channels) if channel else Channel.LINK.value})
    return signers


def _line(spec: dict[str, Any], rest: str) -> str:
    name = spec["name"]
    same = name.get("en", name["zh-hans"]) == name["zh-hans"]
    return f"{spec['code']}：{name['zh-hans'] if same else _BETWEEN.join((name['zh-hans'], name['en']))}：{rest}"


def contents_in_words(contents: list[dict[str, Any]]) -> str:
    """A line for each, `code：name / English name：proposed wording`; further lines of the wording are indented."""
    return "\n".join(_line(spec, spec.get("text", "").replace("\n", f"\n{_INDENT}")) for spec in contents)


def details_in_words(details: list[dict[str, Any]]) -> str:
    """A line for each, `code：name / English name：type`."""
    return "\n".join(_line(spec, spec["type"]) for spec in details)


def _specs(text: str) -> list[tuple[str, dict[str, str], str]]:
    """(code, names, rest) of each line that is not indented, with the indented lines after it."""
    entries: list[str] = []
    for line in text.replace("\r\n", "\n").split("\n"):
        if line[:1].isspace() and entries:
            entries[-1] += "\n" + (line[len(_INDENT) :] if line.startswith(_INDENT) else line.lstrip()).rstrip()
        elif line.strip():
            entries.append(line.rstrip())
    found = []
    for entry in entries:
        colon = re.search("[:：]", entry)
        code, name, rest = (*(part.strip(" ") for part in entry.split(colon[0] if colon else "：", 2)), "", "")[:3]
        if not name or not code.isidentifier() or not code.isascii():
            raise ValidationError(
                _("“%(line)s” is not code：name：…, with a code of letters, digits and _."),
                code="line",
                params={"line": entry[:80]},
            )
        chinese, _sep, english = name.partition(_BETWEEN)
        found.append((code, {"zh-hans": chinese.strip(), "en": english.strip() or chinese.strip()}, rest))
    codes = [code for code, _name, _rest in found]
    if len(codes) != len(set(codes)):
        raise ValidationError(_("A code stands twice."), code="twice")
    return found


def contents_from_words(text: str) -> list[dict[str, Any]]:
    """What `contents_in_words` wrote. Raises ValidationError with the line that is not understood."""
    return [{"code": code, "name": name, "text": rest} for code, name, rest in _specs(text)]


def details_from_words(text: str) -> list[dict[str, Any]]:
    """What `details_in_words` wrote. Raises ValidationError with what is not understood."""
    found = _specs(text)
    if any(kind not in TYPES for _code, _name, kind in found):
        raise ValidationError(_("A named field is text, number, date or bool."), code="type")
    return [{"code": code, "name": name, "type": kind} for code, name, kind in found]


def checks_from_words(text: str) -> list[str]:
    known = {rule.code: rule.code for rule in rules()}
    return [_known(word, known) for word in _words(text)]


def _each(write: Callable[[Any], str], read: Callable[[str], Any]) -> Spelling:
    return Spelling(lambda value: write(value or []), read)


KIND = {
    "roles": _each(roles_in_words, roles_from_words),
    "signers": _each(signers_in_words, signers_from_words),
    "contents": _each(contents_in_words, contents_from_words),
    "details": _each(details_in_words, details_from_words),
    "checks": _each("、".join, checks_from_words),
}
