"""YAML that remembers its lines, so that a fault in a policy file can be shown where it stands.

A policy file is written by hand, in Chinese and English. Three habits of plain YAML would bite its writer and are taken
away here: ``on``, ``no`` and ``yes`` are words (not true or false), a key written twice is a fault (not the last one
silently winning), and anchors and aliases are refused (a file of a few lines could grow without end).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import yaml
from django.utils.translation import gettext as _


class Section(dict[str, Any]):
    """A mapping of the file: its values by key, the line of each key, and the keys written twice."""

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line
        self.lines: dict[str, int] = {}
        self.doubled: list[tuple[str, int]] = []

    def line_of(self, key: str) -> int:
        """Line of a key, or of the section's beginning when the key is not there."""
        return self.lines.get(key, self.line)


class Items(list[Any]):
    """A list of the file with the line of each entry."""

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line
        self.lines: list[int] = []

    def numbered(self) -> Iterator[tuple[int, Any]]:
        """Each entry with its line."""
        return zip(self.lines, self, strict=True)


class YamlFault(Exception):
    """The file is not readable as YAML: line (from 1) and what is wrong."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line
        self.message = message


class _Loader(yaml.SafeLoader):
    """Plain values only; true and false are the only words read as truth values."""

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise YamlFault(event.start_mark.line + 1, _("Anchors and aliases are not allowed in a policy file."))
        return super().compose_node(parent, index)


_BOOL = "tag:yaml.org,2002:bool"
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != _BOOL]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(_BOOL, re.compile(r"^(?:true|false)$"), list("tf"))


def read(text: str) -> Any:
    """The file's content as :class:`Section`, :class:`Items` and plain values. Raises :class:`YamlFault`."""
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        return None if node is None else _plain(loader, node)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise YamlFault(mark.line + 1 if mark else 1, error.problem or str(error)) from error
    except yaml.YAMLError as error:
        raise YamlFault(1, str(error)) from error
    except RecursionError as error:
        raise YamlFault(1, _("The file is nested too deeply.")) from error
    finally:
        loader.dispose()


def _plain(loader: _Loader, node: yaml.Node) -> Any:
    line = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        section = Section(line)
        for key_node, value_node in node.value:
            key = str(key_node.value) if isinstance(key_node, yaml.ScalarNode) else "?"
            key_line = key_node.start_mark.line + 1
            if key in section:
                section.doubled.append((key, key_line))
                continue
            section.lines[key] = key_line
            section[key] = _plain(loader, value_node)
        return section
    if isinstance(node, yaml.SequenceNode):
        items = Items(line)
        for child in node.value:
            items.lines.append(child.start_mark.line + 1)
            items.append(_plain(loader, child))
        return items
    try:
        return loader.construct_object(node)  # type: ignore[no-untyped-call]
    except (ValueError, OverflowError) as error:  # a date such as 2024-02-30 has the right shape and is no date
        raise YamlFault(line, str(error)) from error
