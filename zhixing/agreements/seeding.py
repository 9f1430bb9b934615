"""Brings in the kinds of agreement of `kinds.yaml` and their first templates; what the college has changed is left alone."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from django.db import transaction

from zhixing.agreements.models import AgreementKind

KINDS = Path(__file__).with_name("kinds.yaml")
_PLAIN = ("prefix", "roles", "signers", "checks")


@lru_cache(maxsize=1)
def shipped() -> tuple[dict[str, Any], ...]:
    """The kinds as shipped: for each the values of `AgreementKind`."""
    data = yaml.safe_load(KINDS.read_text(encoding="utf-8"))
    kinds = []
    for order, spec in enumerate(data["kinds"], 1):
        contents = [{"code": code, **data["contents"][code]} for code in spec["contents"]]
        details = [{"code": code, **data["details"][code]} for code in spec["details"]]
        kinds.append(
            {
                "code": spec["code"],
                "name": spec["name"]["zh-hans"],
                "name_en": spec["name"]["en"],
                "order": order,
                "contents": contents,
                "details": details,
                "needs_approval": spec.get("needs_approval", True),
                "takes_interns": spec.get("takes_interns", False),
                "usual_months": spec.get("usual_months", 36),
                "expiring_days": spec.get("expiring_days", 90),
                **{name: spec[name] for name in _PLAIN},
            }
        )
    return tuple(kinds)


@transaction.atomic
def load_kinds() -> int:
    """Add the shipped kinds that are missing; returns how many. Safe to repeat."""
    known = set(AgreementKind.objects.values_list("code", flat=True))
    new = [AgreementKind(**values) for values in shipped() if values["code"] not in known]
    for kind in new:
        kind.save()
    return len(new)
