"""The report as blocks in the reader's language: the PDF and the Word file lay out exactly these, in this order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from zhixing.insights import figures
from zhixing.insights.documents.facts import Facts
from zhixing.policy.models import Standing, State
from zhixing.policy.words import Words

# A paper is read by people: beyond this the workbook holds the rest, and the paper says so.
MOST_RED, MOST_ROWS, MOST_PARTS, MOST_TASKS = 60, 6, 400, 80
_CHINESE = "一二三四五六七八九十"


@dataclass(frozen=True)
class Heading:
    """level 1: 一、 · 2: （一）· 3: 1."""

    level: int
    text: str


@dataclass(frozen=True)
class Paragraph:
    text: str


@dataclass(frozen=True)
class Table:
    """`widths` are parts of the page's width; `states` gives each row's state, which colours its word."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    widths: tuple[float, ...]
    states: tuple[str, ...] = ()
    state_column: int = -1


@dataclass(frozen=True)
class Signatures:
    """Who signs, with room to do it, above the day of the report."""

    parties: tuple[str, ...]


@dataclass(frozen=True)
class Note:
    """Small print, one line each."""

    lines: tuple[str, ...]


Block = Heading | Paragraph | Table | Signatures | Note


@dataclass
class Document:
    """One report, ready to be laid out."""

    mark: str
    number: str
    title: tuple[str, ...]
    date: str
    language: str
    blocks: list[Block] = field(default_factory=list)


class _Writer:
    """Collects blocks and numbers the headings as official documents do (GB/T 9704-2012, 7.3.3)."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.chinese = not (get_language() or "").startswith("en")
        self._at = [0, 0, 0]

    def heading(self, level: int, text: str) -> None:
        self._at[level - 1] += 1
        self._at[level:] = [0] * (3 - level)
        first, second, third = self._at
        if self.chinese:
            mark = {1: f"{_ordinal(first)}、", 2: f"（{_ordinal(second)}）", 3: f"{third}. "}[level]
        else:
            mark = ".".join(str(n) for n in self._at[:level]) + ("." if level == 1 else "") + " "
        self.blocks.append(Heading(level, mark + text))

    def say(self, text: str) -> None:
        self.blocks.append(Paragraph(text))

    def table(
        self,
        heads: Iterable[str],
        rows: Iterable[tuple[str, ...]],
        widths: Iterable[float],
        states: Iterable[str] = (),
        column: int = -1,
    ) -> None:
        found = tuple(rows)
        if found:
            self.blocks.append(Table(tuple(heads), found, tuple(widths), tuple(states), column))


def _ordinal(number: int) -> str:
    """1 → 一, 12 → 十二, 21 → 二十一."""
    if number <= 10:
        return _CHINESE[number - 1]
    tens, ones = divmod(number, 10)
    return ("" if tens == 1 else _CHINESE[tens - 1]) + "十" + (_CHINESE[ones - 1] if ones else "")


def day_words(day: date | None) -> str:
    """A date as the reader's official documents write it."""
    if day is None:
        return "—"
    if (get_language() or "").startswith("en"):
        return day.isoformat()
    return f"{day.year}年{day.month}月{day.day}日"


def state_word(state: str) -> str:
    return str(State(state).label)


def compose(facts: Facts) -> Document:
    """Put the facts into words, in the language in force."""
    writer = _Writer()
    for part in (_situation, _standings, _red, _forecast, _tasks, _appraisals):
        part(writer, facts)
    writer.blocks.append(Signatures((_("Compiled by"), _("Checked by"), _("Head of the unit (seal)"))))
    _origin(writer, facts)
    title = (
        str(facts.unit.name) if not facts.is_school else facts.school,
        _("Assessment report on industry–education integration"),
        _("(%(year)s academic year)") % {"year": facts.year.code},
    )
    return Document(facts.school, facts.number, title, day_words(facts.made_on), get_language() or "", writer.blocks)


def _situation(writer: _Writer, facts: Facts) -> None:
    writer.heading(1, _("General situation"))
    policies = "、".join(
        f"《{policy.title}》（{policy.number}）" if writer.chinese else f"“{policy.title}” ({policy.number})"
        for policy in facts.policies
    )
    span = {
        "from": day_words(facts.year.starts_on),
        "until": day_words(facts.year.ends_on),
        "as_of": day_words(facts.as_of),
    }
    writer.say(
        _(
            "This report assesses %(unit)s by the rules of %(policies)s. It covers the academic year %(year)s, "
            "from %(from)s to %(until)s; the data stand as of %(as_of)s."
        )
        % {"unit": facts.unit.name, "policies": policies, "year": facts.year.code, **span}
    )
    if facts.frozen:
        writer.say(
            _(
                "The year is closed: the standings below are those frozen at its close, and later changes of records "
                "or rules do not alter them."
            )
        )
    else:
        writer.say(_("The year is still running: the standings below are those of the day and may still change."))
    counts = facts.counts
    judged = sum(counts[state] for state in ("met", "on_track", "at_risk", "unmet"))
    if judged:
        share = figures.percent(counts["met"] / judged)
        told = {
            "judged": judged,
            "share": share,
            **{state: counts[state] for state in ("met", "on_track", "at_risk", "unmet")},
        }
        writer.say(
            _(
                "%(judged)s standings were judged: %(met)s met, %(on_track)s on track, %(at_risk)s at risk, "
                "%(unmet)s not met; %(share)s are met."
            )
            % told
        )
    if counts["waived"]:
        writer.say(_("%(count)s standings are waived by approved waivers.") % {"count": counts["waived"]})
    pending = [standing for standing in facts.own if standing.state == "no_data"]
    if pending:
        named = "、".join(dict.fromkeys(f"{s.rule.code} {s.rule.title}" for s in pending))
        writer.say(_("Not recorded yet, and therefore not judged: %(rules)s.") % {"rules": named})


def _standing_table(writer: _Writer, standings: list[Standing], *, named: bool) -> None:
    """One line each; `named` tells the unit, which the unit's own table need not."""
    columns: list[tuple[Any, float, Callable[[Standing], str]]] = [
        (_("Clause"), 1.55, lambda s: s.rule.duty.clause.number),
        (_("Rule"), 2.0, lambda s: f"{s.rule.code} {s.rule.title}"),
        (_("Unit"), 2.0, lambda s: s.unit_name),
        (_("Value / target"), 1.25, lambda s: f"{figures.value_words(s)} / {figures.target_words(s)}"),
        (_("State"), 0.95, lambda s: state_word(s.state)),
        (_("Evidence"), 0.75, lambda s: str(s.evidence_count)),
        (_("Holder"), 0.95, lambda s: s.holder.name if s.holder else "—"),
        (_("Due"), 1.5, lambda s: s.due.isoformat() if s.due else "—"),
    ]
    if not named:
        # A rule of terms has a line for each: the period tells them apart.
        columns[2] = (_("Period"), 1.45, lambda s: s.period_code)
    rows = [tuple(cell(s) for _head, _width, cell in columns) for s in standings]
    writer.table(
        (head for head, _w, _c in columns),
        rows,
        (width for _h, width, _c in columns),
        (s.state for s in standings),
        4,
    )


def _standings(writer: _Writer, facts: Facts) -> None:
    writer.heading(1, _("Standing by clause"))
    writer.heading(2, _("The school as a whole") if facts.is_school else _("The college as a whole"))
    _standing_table(writer, facts.own, named=False)
    if facts.colleges:
        writer.heading(2, _("College by college"))
        _matrix(writer, facts)
    own = {standing.pk for standing in facts.own}
    parts = [standing for standing in facts.parts if standing.pk not in own]
    if parts:
        writer.heading(2, _("Unit by unit"))
        if len(parts) > MOST_PARTS:
            writer.say(
                _("%(count)s standings are too many for a paper; the workbook of this report holds them all.")
                % {"count": len(parts)}
            )
        else:
            _standing_table(writer, parts, named=True)


def _matrix(writer: _Writer, facts: Facts) -> None:
    """Colleges down, rules across: the state of each, with its share in percent."""
    rules = list(dict.fromkeys(standing.rule.code for standing in facts.colleges))
    table: dict[str, dict[str, Standing]] = defaultdict(dict)
    for standing in facts.colleges:
        table[standing.unit_name][standing.rule.code] = standing
    rows = []
    for name, found in table.items():
        cells = [
            f"{figures.value_words(found[rule])} {state_word(found[rule].state)}" if rule in found else "—"
            for rule in rules
        ]
        rows.append((name, *cells))
    writer.table((_("College"), *rules), rows, (2.2, *(1.0 for _rule in rules)))


def _red(writer: _Writer, facts: Facts) -> None:
    writer.heading(1, _("Not met and at risk: why, and what would mend it"))
    red = facts.red
    if not red:
        writer.say(_("Nothing is not met or at risk."))
        return
    for standing in red[:MOST_RED]:
        writer.heading(2, f"{standing.rule.code} {standing.rule.title} · {standing.unit_name}")
        holder = standing.holder.name if standing.holder else "—"
        due = standing.breaks_on if standing.reached and standing.breaks_on else standing.due
        writer.say(
            _("State: %(state)s. %(why)s Holder: %(holder)s; by %(due)s.")
            % {
                "state": state_word(standing.state),
                "why": figures.why(standing),
                "holder": holder,
                "due": day_words(due),
            }
        )
        rows = facts.evidence.get(standing.pk, [])
        if rows:
            more = _(" and %(count)s more") % {"count": len(rows) - MOST_ROWS} if len(rows) > MOST_ROWS else ""
            writer.say(
                _("Rows on record: %(rows)s.") % {"rows": "；".join(row["label"] for row in rows[:MOST_ROWS]) + more}
            )
        for option in _mends(standing):
            writer.say(_("To mend it: %(mend)s.") % {"mend": option})
    if len(red) > MOST_RED:
        writer.say(_("%(count)s more are named in the workbook of this report.") % {"count": len(red) - MOST_RED})


def _mends(standing: Standing) -> list[str]:
    """Ways out: records on file first, then what the rule proposes."""
    found = []
    for row in standing.forecast.get("mend", []):
        found.append(_("complete “%(record)s”, which is on file") % {"record": row["label"]})
    return [*found, *(str(Words(option["text"])) for option in standing.rule.mend)][:2]


def _forecast(writer: _Writer, facts: Facts) -> None:
    writer.heading(1, _("What is to come"))
    coming = facts.coming
    if not coming:
        writer.say(_("Nothing that is met is known to end, and nothing is left open with a day ahead."))
        return
    rows = []
    for standing in coming[:MOST_RED]:
        ends = standing.reached and standing.breaks_on
        what = _("met until") if ends else _("to be met by")
        day = standing.breaks_on if ends else standing.due
        rows.append(
            (
                f"{standing.rule.code} {standing.rule.title}",
                standing.unit_name,
                what,
                day.isoformat() if day else "—",
                standing.holder.name if standing.holder else "—",
            )
        )
    writer.table((_("Rule"), _("Unit"), _("Forecast"), _("Day"), _("Holder")), rows, (2.2, 2.4, 1.2, 1.4, 1.1))


def _tasks(writer: _Writer, facts: Facts) -> None:
    writer.heading(1, _("Task books"))
    tasks, late = facts.tasks, facts.late
    if not tasks:
        writer.say(_("No task falls due in this academic year."))
        return
    due = [task for task in tasks if task.due and task.due < facts.as_of]
    on_time = [task for task in due if task.due and task.done_on and task.done_on <= task.due]
    done = [task for task in tasks if task.done_on and task.done_on <= facts.as_of]
    rate = figures.percent(len(on_time) / len(due)) if due else "—"
    writer.say(
        _(
            "%(all)s tasks fall due in this year; %(done)s are done, %(late)s are overdue. Of those whose day "
            "has passed, %(rate)s were done on time."
        )
        % {"all": len(tasks), "done": len(done), "late": len(late), "rate": rate}
    )
    rows = [
        (
            task.title,
            task.unit.short_name or task.unit.name,
            task.owner.name if task.owner else "—",
            task.due.isoformat() if task.due else "—",
            _("%(days)s days") % {"days": facts.overdue_days(task)},
        )
        for task in late[:MOST_TASKS]
    ]
    writer.table((_("Overdue task"), _("Unit"), _("Owner"), _("Due"), _("Overdue")), rows, (3.2, 1.8, 1.0, 1.4, 1.0))


def _appraisals(writer: _Writer, facts: Facts) -> None:
    writer.heading(1, _("Appraisal of tasks"))
    found = facts.appraisals
    if not found:
        writer.say(_("No task was appraised in this academic year."))
        return
    grades: dict[str, int] = defaultdict(int)
    for item in found:
        grades[str(item.get_grade_display())] += 1
    mean = sum(item.score for item in found) / len(found)
    told = "、".join(f"{grade} {number}" for grade, number in grades.items())
    writer.say(
        _("%(count)s appraisals, %(mean)s points on average: %(grades)s.")
        % {"count": len(found), "mean": figures.plain_number(round(mean, 1)), "grades": told}
    )
    rows = [
        (
            item.task.title,
            str(item.get_grade_display()),
            figures.plain_number(item.score),
            item.appraiser.name if item.appraiser else "—",
            item.appraised_on.isoformat(),
        )
        for item in found[:MOST_TASKS]
    ]
    writer.table((_("Task"), _("Grade"), _("Score"), _("Appraiser"), _("Day")), rows, (3.4, 0.9, 0.8, 1.1, 1.4))


def _origin(writer: _Writer, facts: Facts) -> None:
    """Where the paper comes from, so that a reader can check it against the system."""
    told = {"day": day_words(facts.made_on), "as_of": day_words(facts.as_of), "count": len(facts.standings)}
    lines = [
        _("Made on %(day)s by Zhixing from %(count)s standings as of %(as_of)s.") % told,
        _("Fingerprint of the standings (SHA-256):"),
        facts.fingerprint,
    ]
    if facts.closed_hash:
        lines += [_("Fingerprint of the closed year (SHA-256):"), facts.closed_hash]
    writer.blocks.append(Note(tuple(lines)))
