"""Every event that some code writes has words: a timeline never shows a raw verb."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from zhixing.kernel.sheet import sheets
from zhixing.kernel.timeline import VERBS

ROOT = Path(__file__).parent.parent.parent / "zhixing"
# The functions that write an event, and the place of its verb among their arguments. A step's verb is its own key.
WRITERS = {"log": 1, "log_many": 1, "changing": 1, "_changing": 1}


def parameters(tree: ast.AST) -> set[str]:
    """Names handed on by wrappers, whose callers are looked at instead."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            found |= {item.arg for item in (*node.args.args, *node.args.kwonlyargs)}
    return found


def texts(node: ast.expr, known: dict[str, list[str]]) -> list[str] | None:
    """The texts that an argument may be; None where that cannot be told."""
    match node:
        case ast.Constant(value=str(text)):
            return [text]
        case ast.IfExp(body=body, orelse=other):
            either = (texts(body, known), texts(other, known))
            return None if None in either else [*either[0], *either[1]]  # type: ignore[misc]
        case ast.Name(id=name):
            return known.get(name)
    return None


def looped(target: ast.expr, rows: ast.expr) -> Iterator[tuple[str, list[str]]]:
    """The names that a loop over rows written out in the code gives texts to: `for verb, rows in (("moved", …), …)`."""
    if isinstance(target, ast.Tuple) and isinstance(rows, (ast.Tuple, ast.List)):
        for i, name in enumerate(target.elts):
            cells = [row.elts[i] for row in rows.elts if isinstance(row, ast.Tuple) and len(row.elts) > i]
            found = [texts(cell, {}) for cell in cells]
            if isinstance(name, ast.Name) and found and len(found) == len(rows.elts) and None not in found:
                yield name.id, [text for item in found for text in item or ()]


def written(path: Path) -> Iterator[tuple[str, int]]:
    """The verbs a file writes, with their lines."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    known: dict[str, list[str]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            if (found := texts(node.value, known)) is not None:
                known.setdefault(node.targets[0].id, []).extend(found)
        if isinstance(node, (ast.For, ast.comprehension)):
            for name, found in looped(node.target, node.iter):
                known.setdefault(name, []).extend(found)
    handed = parameters(tree)
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        # events.log, not math.log or logger.log.
        if name == "log" and not (
            isinstance(node.func, ast.Attribute) and getattr(node.func.value, "id", "") == "events"
        ):
            continue
        given = [word.value for word in node.keywords if word.arg == "verb"]
        if name in WRITERS and len(node.args) > WRITERS[name]:
            given.append(node.args[WRITERS[name]])
        for verb in given if name in WRITERS or name in {"Event", "create"} else ():
            found = texts(verb, known)
            if found is None and isinstance(verb, ast.Name) and verb.id in handed:
                continue
            if found is None:
                pytest.fail(
                    f"{path}:{node.lineno}: say the verb of this event so that it can be read: {ast.unparse(verb)}"
                )
            yield from ((text, node.lineno) for text in found)


@cache
def named() -> dict[str, set[str]]:
    """The verbs with words of their own on the records of each domain: those of its steps and actions."""
    found: dict[str, set[str]] = {}
    for sheet in sheets():
        words = {step.key for step in (sheet.flow.steps if sheet.flow else ())} | {item.key for item in sheet.actions}
        # A register of the machine's own records may be shown by a domain.
        for domain in {sheet.key.split(".")[0], type(sheet).__module__.split(".")[1]}:
            found.setdefault(domain, set()).update(words)
    return found


def test_every_event_has_words() -> None:
    files = [path for path in sorted(ROOT.rglob("*.py")) if not {"migrations", "sample"} & set(path.parts)]
    found = [(path, verb, line) for path in files for verb, line in written(path)]
    assert len(found) > 40
    everywhere = set().union(*named().values())
    missing = [
        f"{path.relative_to(ROOT)}:{line}: {verb}"
        for path, verb, line in found
        if verb not in VERBS and verb not in named().get(path.relative_to(ROOT).parts[0], everywhere)
    ]
    assert not missing, "Name these with kernel.timeline.name_verbs:\n" + "\n".join(missing)
