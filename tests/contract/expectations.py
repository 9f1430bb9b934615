"""What every address must answer to whom. An address without an expectation fails the tests.

For the pages and operations of record types it follows from the role table; `PLAIN` holds the addresses that are no
record type's. A domain keeps those of its own pages beside its tests, as `PLAIN` in `tests/<domain>/routes.py` (or `…_routes.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

from zhixing.kernel.sheet import Action, Sheet

# The names of all pages that a record type has.
TYPE_PAGES = {
    "list", "bulk", "save-view", "export", "import", "import-template", "add", "detail", "edit", "draft", "delete",
    "restore", "act", "upload", "reveal",
}  # fmt: skip
API_OPERATIONS = {"list", "add", "bulk", "show", "change", "delete", "act"}

OPEN, SIGNED_IN, OWN = "open", "signed in", "own"
# Address name → who may call it: anybody; whoever is signed in; whoever is signed in, and then only what is theirs (else 404);
# or a record type and capability of the role table, written `governance.task:view`, with another for POST where it asks for more:
# `insights.report:view, POST insights.report:add`.
PLAIN: dict[str, str] = {
    "login": OPEN,
    "logout": OPEN,
    "set_language": OPEN,
    "search": SIGNED_IN,
    "inbox": SIGNED_IN,
    "decide-many": SIGNED_IN,
    "decide": OWN,
    "delegate": OWN,
    "notices": SIGNED_IN,
    "notices-read": SIGNED_IN,
    "notice": OWN,
    "job": OWN,
    "file": OWN,
    "file-remove": OWN,
    "import-run": OWN,
    "import-marked": OWN,
    "import-commit": OWN,
    "import-undo": OWN,
    "pick": SIGNED_IN,
    "outside": OPEN,
    "clauses": "policy.policy:view",
    "policy": "policy.policy:view",
    "acknowledge": "policy.acknowledgement:add",
    "rule": "policy.rule:view",
    "rule-numbers": "policy.rule:approve",
    "standing": "policy.standing:view",
    "standing-remind": "policy.standing:approve",
    "year-closes": "policy.year_close:view",
    "year-close": "policy.year_close:view, POST policy.year_close:approve",
    "year-recount": "policy.recount:add",
    "recount": "policy.recount:view",
    "standing-waiver": "policy.waiver:add",
    "remind-all": "policy.standing:approve",
    "gantt": "governance.task:view",
    "agreement-preview": "agreements.agreement:view",
    "agreement-file": "agreements.agreement_document:view",
    "agreement-template-new": "agreements.template:change",
    "agreement-template-shipped": "agreements.agreement_kind:view",
    "agreement-template-file": "agreements.template:view",
    "signing-inside": OWN,
    "signing-scans": "agreements.agreement:change",
    **dict.fromkeys(("verify", "verify-key", "verify-key-file", "verify-key-qr"), OPEN),
    **dict.fromkeys(("verify-code", "verify-short", "verify-page"), OPEN),
    "home": SIGNED_IN,
    "home-remind": "policy.standing:approve",
    "assess-now": "policy.standing:approve",
    "overview": "insights.report:view",
    "duty-rows": "policy.standing:view",
    "reports": "insights.report:view, POST insights.report:add",
    "report-file": "insights.report:view",
    "api:api-root": OPEN,
    "api:describe": OWN,
    "api:search": SIGNED_IN,
    "api:openapi": SIGNED_IN,
    "api:inbox": SIGNED_IN,
    "api:decide": OWN,
    "api-docs": SIGNED_IN,
    "api-docs-type": OWN,
    "api:imports": OWN,
    "api:import": OWN,
    "api:import-commit": OWN,
    "api:import-undo": OWN,
}
for _path in sorted(Path(__file__).parent.parent.glob("*/*routes.py")):
    if not _path.name.startswith("test_"):
        PLAIN |= import_module(f"tests.{_path.parent.name}.{_path.stem}").PLAIN


@dataclass
class Call:
    """One way to call a page or an operation of a record type."""

    name: str
    method: str
    url: Callable[[Sheet, int | None], str]
    # The capability that opens the address at all (403 without), and the one asked of the very record (404 without).
    opens: str
    good: tuple[int, ...]
    record: str | None = None
    # Asked of the record by the page itself once it is seen (403 without).
    does: str | None = None
    data: dict[str, Any] = field(default_factory=dict)
    api: bool = False


_ON_A_RECORD = {"detail", "edit", "draft", "delete", "restore", "act", "upload", "reveal"}


def _page(page: str, **more: Any) -> Callable[[Sheet, int | None], str]:
    return lambda sheet, pk: sheet.url(page, pk if page in _ON_A_RECORD else None, **more)


def _api(rest: str = "") -> Callable[[Sheet, int | None], str]:
    def url(sheet: Sheet, pk: int | None) -> str:
        domain, name = sheet.key.split(".")
        return f"/api/v1/{domain}/{name}{rest.format(id=pk)}"

    return url


def _action_calls(action: Action) -> list[Call]:
    """An action may be refused for the record's state (404 on the page, 409 to a program) or for what it asks (422).

    One that has a page of its own leads there.
    """
    shown = (302, 404) if action.page else (200, 404)
    says = {"comment": "核实"} if action.comment != "no" else {}
    calls = [
        Call("act", "GET", _page("act", key=action.key), "view", shown, "view", action.capability),
        Call("act", "POST", _page("act", key=action.key), "view", (302, 422), "view", action.capability, says),
        Call(
            "act",
            "POST",
            _api(f"/{{id}}/act/{action.key}"),
            "view",
            (200, 204, 409, 422),
            "view",
            action.capability,
            says,
            True,
        ),
    ]
    bulk = (200,) if action.bulk and action.form is None else (404,)
    calls.append(Call("bulk", "POST", _api(f"/act/{action.key}"), "view", bulk, data={"ids": [], **says}, api=True))
    calls.append(
        Call(
            "bulk",
            "POST",
            _page("bulk"),
            "view",
            (302,) if bulk == (200,) else (404,),
            data={"action": action.key, **says},
        )
    )
    return calls


def calls(sheet: Sheet) -> list[Call]:
    """Every page and operation of a record type, each at least once."""
    masked = next((name for name, f in sheet.fields.items() if getattr(f, "masked", False)), None)
    found = [
        Call("list", "GET", _page("list"), "view", (200,)),
        Call("list", "GET", lambda s, pk: s.url("list") + "?filters=1&q=海棠", "view", (200,)),
        Call("save-view", "POST", _page("save-view"), "view", (302,), data={"name": "我的", "query": "q=1"}),
        Call("export", "GET", _page("export", kind="csv"), "export", (200,)),
        Call("import", "GET", _page("import"), "import", (200,)),
        Call("import", "POST", _page("import"), "import", (200, 422)),
        Call("import-template", "GET", _page("import-template"), "import", (200,)),
        Call("add", "GET", _page("add"), "add", (200,)),
        Call("add", "POST", _page("add"), "add", (422,)),
        Call("draft", "POST", lambda s, pk: s.url("draft", 0), "add", (200,)),
        Call("bulk", "POST", _page("bulk"), "view", (404,), data={"action": "no-such-action"}),
        Call("detail", "GET", _page("detail"), "view", (200,), "view"),
        Call("edit", "GET", _page("edit"), "change", (200,), "change"),
        Call("edit", "POST", _page("edit"), "change", (302, 422), "change"),
        Call("draft", "POST", _page("draft"), "change", (200,)),
        Call("delete", "GET", _page("delete"), "delete", (200,), "delete"),
        Call("delete", "POST", _page("delete"), "delete", (302, 409), "delete"),
        Call("delete", "POST", _page("delete"), "delete", (302,), "delete", data={"how": "archive"}),
        Call("restore", "POST", _page("restore"), "delete", (302,), "delete"),
        Call("upload", "POST", _page("upload"), "view", (302,), "change"),
        Call("list", "GET", _api(), "view", (200,), api=True),
        Call("add", "POST", _api(), "add", (422,), api=True),
        Call("show", "GET", _api("/{id}"), "view", (200,), "view", api=True),
        Call("change", "PATCH", _api("/{id}"), "change", (200,), "change", api=True),
        Call("delete", "DELETE", _api("/{id}"), "delete", (204, 409), "delete", api=True),
        Call("delete", "DELETE", _api("/{id}?archive=1"), "delete", (204,), "delete", api=True),
        Call("act", "POST", _api("/{id}/act/no-such-action"), "view", (404,), api=True),
        Call("bulk", "POST", _api("/act/no-such-action"), "view", (404,), data={"ids": []}, api=True),
    ]
    if masked:
        found.append(
            Call(
                "reveal",
                "POST",
                _page("reveal", field=masked),
                "reveal",
                (200,),
                "reveal",
                data={"purpose": "核实身份"},
            )
        )
        found.append(Call("reveal", "GET", _page("reveal", field=masked), "reveal", (200,), "reveal"))
    found.append(Call("reveal", "POST", _page("reveal", field="no-such-field"), "reveal", (404,)))
    for action in sheet.actions:
        found += _action_calls(action)
    return found
