"""A Word template read once into blocks, so that the same wording is set as PDF without Word.

The file is the one source of the wording: docxtpl fills it for Word, and here its paragraphs and tables become one
compiled Jinja template whose output are blocks (title, heading, paragraph, table) for typst. Values never pass as
template text, and both engines run in Jinja's sandbox: a template comes from an office, but still from outside.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import docx
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from docx.table import Table
from docx.text.paragraph import Paragraph
from jinja2 import StrictUndefined, TemplateError, meta, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from zhixing.agreements.wording import ordinal

_START, _END, _ROW, _CELL, _HEAD = "\x02", "\x03", "\x1e", "\x1d", "\x1f"
_CONTROL = re.compile(r"^\s*\{%-?\s*(?:p|tr|tc)\s+(.*?)-?%\}\s*$", re.S)
_RICH = re.compile(r"\{\{[rp]\s")
# A template is a few pages; what unpacks to more than this is not one.
MOST_BYTES = 20 * 1024 * 1024


def environment() -> ImmutableSandboxedEnvironment:
    return ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False)


class Articles:
    """Counts articles in the order in which the text names them: `第{{ article() }}条`."""

    def __init__(self) -> None:
        self.number = 0

    def __call__(self) -> str:
        self.number += 1
        return ordinal(self.number)


def _kind_of(paragraph: Paragraph) -> str:
    style = (paragraph.style.name if paragraph.style is not None else "") or ""
    if style == "Title":
        return "title"
    if style.startswith("Heading"):
        return "heading"
    return "center" if paragraph.alignment is not None and int(paragraph.alignment) == 1 else "paragraph"


def _text(words: str) -> str:
    return _RICH.sub("{{ ", words)


def _source(document: Any) -> Iterator[str]:
    for element in document.iter_inner_content():
        if isinstance(element, Paragraph):
            control = _CONTROL.match(element.text)
            if control:
                yield "{% " + control[1] + " %}"
            elif element.text.strip():
                yield f"{_START}{_kind_of(element)}{_HEAD}{_text(element.text)}{_END}"
        elif isinstance(element, Table):
            yield from _table(element)


def _table(table: Table) -> Iterator[str]:
    style = (table.style.name if table.style is not None else "") or ""
    yield f"{_START}{'table' if 'Grid' in style else 'plain'}{_HEAD}"
    for row in table.rows:
        cells = [cell.text for cell in row.cells]
        control = next((found for found in map(_CONTROL.match, cells) if found), None)
        yield "{% " + control[1] + " %}" if control else _ROW + _CELL.join(map(_text, cells))
    yield _END


@lru_cache(maxsize=64)
def _compiled(content: bytes) -> tuple[Any, str]:
    source = "".join(_source(docx.Document(io.BytesIO(content))))
    return environment().from_string(source), source


def blocks(content: bytes, data: dict[str, Any]) -> list[dict[str, Any]]:
    """The filled wording of a Word template: [{"kind": …, "text": …}] and [{"kind": "table", "rows": [[…]]}].

    Raises ValidationError when the template names what the data do not have.
    """
    try:
        filled = _compiled(content)[0].render({**data, "article": Articles()})
    except TemplateError as error:
        raise ValidationError(
            _("The template cannot be filled: %(why)s"), code="template", params={"why": str(error)}
        ) from error
    found: list[dict[str, Any]] = []
    for part in filled.split(_START)[1:]:
        kind, _sep, text = part.partition(_END)[0].partition(_HEAD)
        if kind in {"table", "plain"}:
            rows = [row.split(_CELL) for row in text.split(_ROW)[1:]]
            if rows:
                found.append({"kind": kind, "rows": rows, "columns": max(len(row) for row in rows)})
        else:
            found += [{"kind": kind, "text": line} for line in text.split("\n") if line.strip()]
    return found


def named_fields(content: bytes) -> list[dict[str, Any]]:
    """The names that a template uses, in alphabetical order: [{"name": "c.goals", "condition": false}].

    Raises ValidationError when the file is no Word file or its tags are wrong, and says how.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            if sum(item.file_size for item in packed.infolist()) > MOST_BYTES:
                raise ValidationError(_("This Word file is far too large for a template."), code="too_large")
        source = _compiled(content)[1]
        tree = environment().parse(source)
    except ValidationError:
        raise
    except TemplateError as error:
        raise ValidationError(
            _("The fields of the template are not written correctly: %(why)s"),
            code="syntax",
            params={"why": str(error)},
        ) from error
    except Exception as error:  # python-docx raises many kinds for a broken file
        raise ValidationError(_("This is not a Word file (docx)."), code="not_word") from error
    undeclared = meta.find_undeclared_variables(tree)
    asked = {name for test in tree.find_all(nodes.If) for name in _names(test.test, undeclared)}
    used = {name for name in _names(tree, undeclared) if name not in {"c", "d", "article"}}
    return [{"name": name, "condition": name in asked} for name in sorted(used)]


def _names(tree: nodes.Node, undeclared: set[str]) -> Iterator[str]:
    """`c.goals` for contents and named fields; the first name for all else."""
    for attribute in (*tree.find_all(nodes.Getattr), *([tree] if isinstance(tree, nodes.Getattr) else [])):
        if isinstance(attribute.node, nodes.Name) and attribute.node.name in {"c", "d"}:
            yield f"{attribute.node.name}.{attribute.attr}"
    for name in (*tree.find_all(nodes.Name), *([tree] if isinstance(tree, nodes.Name) else [])):
        if name.name in undeclared:
            yield name.name
