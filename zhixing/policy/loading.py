"""Packs into the database: everything is checked first; then all of a pack is loaded, or nothing.

A pack may be loaded again and again. What was changed in the product and approved stays: the pack gives the numbers a
rule starts with, the college's own decisions come after them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.apps import apps
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from zhixing.kernel import measures
from zhixing.kernel.models import ApprovalRoute, Record
from zhixing.kernel.scope import type_key
from zhixing.policy import models
from zhixing.policy.pack import MeasureSpec, Pack, RuleVersion, Text
from zhixing.policy.pack_loading import load
from zhixing.policy.stored import due_as_data, warn_as_data
from zhixing.policy.words import Words

PACKS = Path(__file__).parent / "packs"


@dataclass
class Loaded:
    """What loading one pack did."""

    code: str
    clauses: int = 0
    duties: int = 0
    rules: int = 0
    changed: int = 0
    # Rules whose numbers were changed here: the pack's later versions did not replace them.
    kept: list[str] = field(default_factory=list)


def pack_files() -> list[Path]:
    """The packs that come with the product, in the order of their names."""
    return sorted(PACKS.glob("*.yaml"))


def measure_specs() -> dict[str, MeasureSpec]:
    """The registered measures as the loader checks them."""
    return {key: MeasureSpec([measure.scope], measure.parameters) for key, measure in measures.all().items()}


def record_types() -> set[str]:
    """Every type of record that the college can keep today."""
    return {type_key(model) for model in apps.get_models() if issubclass(model, Record)}


def load_packs(paths: Iterable[Path] | None = None) -> list[Loaded]:
    """Check all packs, then load them in one transaction.

    Raises PackErrors, with nothing changed, naming every fault with file, line and field.
    """
    files = list(paths) if paths is not None else pack_files()
    specs, types = measure_specs(), record_types()
    packs = [(load(path, measures=specs, record_types=types), path) for path in files]
    with transaction.atomic():
        loaded = [_store(pack, hashlib.sha256(path.read_bytes()).hexdigest()) for pack, path in packs]
        _route(min((pack.issued for pack, _path in packs), default=None))
    return loaded


def _route(since: date | None) -> None:
    """A changed number needs somebody who agrees: by default a school leader, until the college sets its own route."""
    key = type_key(models.RuleVersion)
    if since is not None and not ApprovalRoute.objects.filter(record_type=key).exists():
        stations = [{"role": "leader", "at": "school", "idle_days": 3}]
        name = _("Change of a rule's numbers")
        ApprovalRoute.objects.create(record_type=key, name=name, effective_from=since, stations=stations)


def words(text: Text | None) -> Words:
    return Words({} if text is None else {"zh-hans": text.zh_hans, "en": text.en})


class _Writer:
    """Adds what is new, changes what differs, counts both, leaves the rest alone."""

    def __init__(self) -> None:
        self.changed = 0

    def put(
        self, model: type[Record], known: dict[Any, Any], key: Any, keys: dict[str, Any], values: dict[str, Any]
    ) -> Any:
        record = known.get(key)
        if record is None:
            record = model(**keys, **values)
            record.save()
            known[key] = record
            self.changed += 1
            return record
        differing = [name for name, value in values.items() if getattr(record, name) != value]
        if record.archived_at is not None:
            record.archived_at = None
            differing.append("archived_at")
        if differing:
            for name in differing:
                if name in values:
                    setattr(record, name, values[name])
            record.save()
            self.changed += 1
        return record

    def put_away(self, rows: Iterable[Record]) -> None:
        """What the pack no longer names keeps its history but leaves the pages."""
        for record in rows:
            if record.archived_at is None:
                record.archived_at = timezone.now()
                record.save()
                self.changed += 1


def _store(pack: Pack, digest: str) -> Loaded:
    writer = _Writer()
    policy = _policy(pack, digest, writer)
    clauses = _clauses(pack, policy, writer)
    duties = _duties(pack, policy, clauses, writer)
    result = Loaded(pack.code, len(clauses), len(duties), len(pack.rules))
    _rules(pack, policy, duties, writer, result)
    result.changed = writer.changed
    if writer.changed:
        models.Policy.objects.filter(pk=policy.pk).update(loaded_at=timezone.now())
    return result


def _policy(pack: Pack, digest: str, writer: _Writer) -> models.Policy:
    known = {policy.code: policy for policy in models.Policy.objects.filter(code=pack.code)}
    plan = pack.plan_period
    values = {
        "number": pack.number,
        "title": words(pack.title),
        "issuer": words(pack.issuer),
        "level": pack.level,
        "status": pack.status,
        "issued_on": pack.issued,
        "starts_on": pack.effective.start,
        "ends_on": pack.effective.end,
        "effective_note": words(pack.effective_note),
        "plan_starts_on": plan.start if plan else None,
        "plan_ends_on": plan.end if plan else None,
        "upstream": [
            {
                "code": paper.code,
                "number": paper.number,
                "title": words(paper.title),
                "issuer": words(paper.issuer),
                "issued": paper.issued.isoformat(),
                "expires": paper.expires.isoformat() if paper.expires else None,
                "checked": paper.checked,
                "note": words(paper.note),
            }
            for paper in pack.upstream
        ],
        "questions": [
            {"id": q.id, "title": words(q.title), "text": words(q.text), "default": words(q.default)}
            for q in pack.questions
        ],
        "sha256": digest,
    }
    return writer.put(models.Policy, known, pack.code, {"code": pack.code}, values)


def _clauses(pack: Pack, policy: models.Policy, writer: _Writer) -> dict[str, models.Clause]:
    known = {clause.number: clause for clause in models.Clause.objects.filter(policy=policy)}
    found: dict[str, models.Clause] = {}
    # A clause comes after the one it is part of, whatever the order of the file.
    for clause in sorted(pack.clauses, key=lambda one: one.depth):
        values = {
            "title": words(clause.title),
            "summary": words(clause.summary),
            "parent_id": found[clause.parent].pk if clause.parent else None,
            "order": pack.clauses.index(clause),
        }
        keys = {"policy": policy, "number": clause.number}
        found[clause.number] = writer.put(models.Clause, known, clause.number, keys, values)
    writer.put_away(clause for number, clause in known.items() if number not in found)
    return found


def _duties(
    pack: Pack, policy: models.Policy, clauses: dict[str, models.Clause], writer: _Writer
) -> dict[str, models.Duty]:
    known = {duty.code: duty for duty in models.Duty.objects.filter(policy=policy)}
    found = {}
    for order, duty in enumerate(pack.duties):
        values = {
            "clause_id": clauses[duty.clause].pk,
            "title": words(duty.title),
            "text": words(duty.text),
            "owner": duty.owner,
            "cadence": duty.cadence,
            "records": list(duty.records),
            "rule_codes": list(duty.rules),
            "question_codes": list(duty.questions),
            "order": order,
        }
        found[duty.id] = writer.put(models.Duty, known, duty.id, {"policy": policy, "code": duty.id}, values)
    writer.put_away(duty for code, duty in known.items() if code not in found)
    return found


def _rules(pack: Pack, policy: models.Policy, duties: dict[str, models.Duty], writer: _Writer, result: Loaded) -> None:
    known = {rule.code: rule for rule in models.Rule.objects.filter(policy=policy)}
    versions: dict[int, list[models.RuleVersion]] = {}
    for version in models.RuleVersion.objects.filter(rule__policy=policy).order_by("starts_on"):
        versions.setdefault(version.rule_id, []).append(version)
    found = set()
    for order, rule in enumerate(pack.rules):
        found.add(rule.id)
        values = {
            "duty_id": duties[rule.duty].pk,
            "title": words(rule.title),
            "applies_to": rule.scope,
            "measure": rule.measure,
            "period": rule.period,
            "holder": rule.holder,
            "due": due_as_data(rule.due),
            "roll_up": dict(rule.roll_up),
            "basis": list(rule.basis),
            "mend": [{"add": mend.add, "text": words(mend.text)} for mend in rule.mend],
            "empty": rule.empty,
            "pending": rule.pending,
            "order": order,
        }
        row = writer.put(models.Rule, known, rule.id, {"policy": policy, "code": rule.id}, values)
        if not _versions(rule.versions, row, versions.get(row.pk, []), writer):
            result.kept.append(rule.id)
    writer.put_away(rule for code, rule in known.items() if code not in found)


def _versions(
    given: Collection[RuleVersion], rule: models.Rule, known: list[models.RuleVersion], writer: _Writer
) -> bool:
    """Bring the pack's versions of a rule in, unless the college has changed its numbers here; whether they were brought in."""
    edited = any(
        version.source == models.RuleVersion.Source.EDIT and version.status in {"approved", "submitted"}
        for version in known
    )
    by_start = {version.starts_on: version for version in known if version.source == models.RuleVersion.Source.PACK}
    if edited:
        return False
    starts = {version.effective.start for version in given}
    for start, stale in by_start.items():
        # The pack no longer has a version from that day: what was counted by it stays explained, but it holds no more.
        if start not in starts and stale.status != models.RuleVersion.Status.REPLACED:
            stale.status = models.RuleVersion.Status.REPLACED
            stale.save()
            writer.changed += 1
    for version in given:
        start = version.effective.start
        values = {
            "target": version.target.as_data(),
            "full_mark": None if version.full_mark is None else Decimal(str(version.full_mark)),
            "parameters": dict(version.parameters),
            "warn": warn_as_data(version.warn),
            "weight": Decimal(str(version.weight)),
            "ends_on": version.effective.end,
            "status": models.RuleVersion.Status.APPROVED,
        }
        keys = {"rule": rule, "starts_on": start, "source": models.RuleVersion.Source.PACK}
        old = by_start.get(start)
        if old is not None and old.status == models.RuleVersion.Status.REPLACED:
            continue
        writer.put(models.RuleVersion, by_start, start, keys, values)
    return True
