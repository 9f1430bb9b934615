"""Template tags of the visual system: icons, standings, address changes, numbers as a Chinese office writes them.

Everything here is pure presentation; nothing reads the database. `docs/look.md` shows each tag in use.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from django import template
from django.forms import BoundField, CheckboxInput, CheckboxSelectMultiple, FileInput, RadioSelect, Select
from django.http import QueryDict
from django.templatetags.static import static
from django.utils import formats, timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

register = template.Library()

#: The seven answers a duty can have (policy engine), in words. Shape and colour come from the icon `st-<state>`.
STATES: dict[str, Any] = {
    "met": _("Met"),
    "on_track": _("On track"),
    "at_risk": _("At risk"),
    "unmet": _("Not met"),
    "not_applicable": _("Not applicable"),
    "no_data": _("Not recorded"),
    "waived": _("Waived"),
}


@register.simple_tag
def icon(name: str, css: str = "", title: str = "") -> SafeString:
    """One symbol of `zx/icons.svg`. Hidden from screen readers unless `title` says what it means."""
    return _icon(str(name), str(css), str(title))


# A page has a hundred of them, and all pages have the same.
@lru_cache(maxsize=1024)
def _icon(name: str, css: str, title: str) -> SafeString:
    href = f"{static('zx/icons.svg')}#i-{name}"
    if title:
        return format_html(
            '<svg class="zx-ico {}" role="img" aria-label="{}" focusable="false"><use href="{}"></use></svg>',
            css,
            title,
            href,
        )
    return format_html(
        '<svg class="zx-ico {}" aria-hidden="true" focusable="false"><use href="{}"></use></svg>', css, href
    )


@register.simple_tag
def state_badge(state: str, label: str = "", compact: bool = False) -> SafeString:
    """A standing as icon and word. `compact` keeps the word for screen readers only (heat maps, narrow columns)."""
    word = label or STATES.get(state, state)
    return format_html(
        '<span class="zx-state zx-state--{}{}">{}<span class="{}">{}</span></span>',
        state,
        " zx-state--compact" if compact else "",
        icon(f"st-{state}"),
        "zx-sr" if compact else "zx-state__word",
        word,
    )


@register.filter
def state_label(state: str) -> Any:
    """The word for a standing, for use in titles and alternative texts."""
    return STATES.get(state, state)


@register.simple_tag(takes_context=True)
def qs(context: template.Context, **changes: Any) -> str:
    """The current address's query with some keys replaced; `None` or "" removes a key. Always begins with "?"."""
    request = context.get("request")
    query = request.GET.copy() if request is not None else QueryDict(mutable=True)
    for key, value in changes.items():
        if value is None or value == "":
            query.pop(key, None)
        else:
            query[key] = value
    return "?" + query.urlencode()


def _decimal(value: Any) -> Decimal | None:
    try:
        return Decimal(str(value))
    except (InvalidOperation, ValueError):
        return None


@register.filter
def number(value: Any, places: int | str = "") -> str:
    """Thousands separated; `places` decimals, else as many as the value carries (at most four). Empty stays empty."""
    if value is None or value == "":
        return ""
    amount = _decimal(value)
    if amount is None:
        return str(value)
    if places == "":
        amount = round(amount, 4)
        text = f"{amount:,f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    return f"{amount:,.{int(places)}f}"


@register.filter
def signed(value: Any) -> str:
    """A surplus or a lack with its sign, as print sets it: +4, −18 (a minus, not a hyphen), 0; empty stays empty."""
    text = number(value)
    if text.startswith("-"):
        return f"−{text[1:]}"
    return text if text in ("", "0") else f"+{text}"


@register.filter
def money(value: Any) -> str:
    """Yuan with two decimals and the sign ¥; empty stays empty."""
    amount = None if value in (None, "") else _decimal(value)
    return "" if amount is None else f"¥{amount:,.2f}"


@register.filter
def wan(value: Any) -> str:
    """Yuan written as 万元 (ten thousand yuan), at most two decimals: 1 234 500 → "123.45 万元"."""
    amount = None if value in (None, "") else _decimal(value)
    if amount is None:
        return ""
    text = f"{amount / 10000:,.2f}".rstrip("0").rstrip(".")
    unit = gettext("10k yuan")
    return f"{text} {unit}"


@register.filter
def day(value: Any) -> str:
    """A date as 2026-03-01: the one form that sorts, exports and reads the same in both languages."""
    if not value:
        return ""
    if isinstance(value, dt.datetime):
        value = timezone.localtime(value) if timezone.is_aware(value) else value
    return value.strftime("%Y-%m-%d") if isinstance(value, dt.date) else str(value)


@register.filter
def moment(value: Any) -> str:
    """A date and time to the minute in local time; texts pass through."""
    if isinstance(value, dt.datetime):
        value = timezone.localtime(value) if timezone.is_aware(value) else value
        return value.strftime("%Y-%m-%d %H:%M")
    return day(value)


@register.filter
def days_left(value: Any) -> Any:
    """How far a due date is, in words: "3 days left", "today", "overdue by 2 days". Texts pass through."""
    if isinstance(value, dt.datetime):
        value = timezone.localtime(value).date() if timezone.is_aware(value) else value.date()
    if not isinstance(value, dt.date):
        return value or ""
    left = (value - timezone.localdate()).days
    if left == 0:
        return gettext("due today")
    if left < 0:
        return ngettext("overdue by %d day", "overdue by %d days", -left) % -left
    return ngettext("%d day left", "%d days left", left) % left


@register.filter
def urgency(value: Any) -> str:
    """The class for a due date: `late` when past or today, `soon` within a week, else nothing."""
    if isinstance(value, dt.datetime):
        value = value.date()
    if not isinstance(value, dt.date):
        return ""
    left = (value - timezone.localdate()).days
    return "late" if left <= 0 else "soon" if left <= 7 else ""


@register.filter
def filesize(value: Any) -> str:
    """Bytes as KB or MB; texts pass through."""
    try:
        size = float(value)
    except (TypeError, ValueError):
        return str(value or "")
    if size < 1024:
        return f"{size:.0f} B"
    return f"{size / 1024:.0f} KB" if size < 1024 * 1024 else f"{size / 1024 / 1024:.1f} MB"


@register.filter
def avatar(name: Any) -> str:
    """Two characters that stand for a name: the last two of a Chinese name, the initials of others."""
    text = str(name or "").strip()
    if not text:
        return "·"
    if text.isascii():
        return "".join(part[0] for part in text.split()[:2]).upper()
    return text[-2:] if len(text) <= 4 else text[:2]


@register.filter
def tone(text: Any) -> str:
    """One of six tile colours, the same every time for the same text."""
    return "abcdef"[sum(ord(ch) for ch in str(text or "")) % 6]


@register.filter
def percent_of(value: Any, total: Any) -> int:
    """value as a whole percentage of total, clipped to 0–100; 0 when the total is empty."""
    part, whole = _decimal(value or 0), _decimal(total or 0)
    if part is None or not whole:
        return 0
    return int(max(Decimal(0), min(Decimal(100), part * 100 / whole)))


@register.simple_tag
def sparkline(values: Any, title: str = "") -> SafeString:
    """A small trend line of the given numbers as SVG, 96 × 40; drawn only when there are at least two."""
    numbers = [float(value) for value in values or [] if value is not None]
    if len(numbers) < 2:
        return mark_safe("")
    low, high = min(numbers), max(numbers)
    span = (high - low) or 1
    step = 88 / (len(numbers) - 1)
    points = [(4 + i * step, 34 - (value - low) / span * 26) for i, value in enumerate(numbers)]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return format_html(
        '<svg class="zx-spark" viewBox="0 0 96 40" {}><polygon points="4,40 {} 92,40"/><polyline points="{}"/>'
        '<circle cx="{}" cy="{}" r="2.6"/></svg>',
        format_html('role="img" aria-label="{}"', title) if title else mark_safe('aria-hidden="true"'),
        line,
        line,
        f"{points[-1][0]:.1f}",
        f"{points[-1][1]:.1f}",
    )


@register.filter
def widget(field: BoundField, extra: str = "") -> SafeString:
    """A form field's input with the look's classes, tied to its help and error for screen readers."""
    control = field.field.widget
    if isinstance(control, CheckboxSelectMultiple | RadioSelect):
        css = "zx-choices"
    elif isinstance(control, CheckboxInput):
        css = "form-check-input"
    elif isinstance(control, Select):
        css = "form-select"
    else:
        css = "form-control"
    attrs: dict[str, Any] = {"class": " ".join(filter(None, [control.attrs.get("class", ""), css, extra]))}
    described = []
    if field.errors:
        attrs["class"] += " is-invalid"
        attrs["aria-invalid"] = "true"
        described.append(f"{field.auto_id}_error")
    if field.help_text:
        described.append(f"{field.auto_id}_help")
    if described:
        attrs["aria-describedby"] = " ".join(described)
    return field.as_widget(attrs=attrs)


@register.filter
def field_kind(field: BoundField) -> str:
    """Which frame a field needs: `check`, `choices`, `file`, `wide` (long text) or `plain`."""
    control = field.field.widget
    if isinstance(control, CheckboxSelectMultiple | RadioSelect):
        return "choices"
    if isinstance(control, CheckboxInput):
        return "check"
    if isinstance(control, FileInput):
        return "file"
    return "wide" if control.__class__.__name__ == "Textarea" else "plain"


@register.filter
def get_field(form: Any, name: str) -> Any:
    """The bound field of a form by name, for templates that lay out fields themselves."""
    return form[name]


@register.filter
def localized(value: Any) -> Any:
    """Dates and numbers in the reader's locale; everything else untouched."""
    return formats.localize(value) if isinstance(value, dt.date | int | float | Decimal) else value


@register.inclusion_tag("kernel/_field.html")
def zx_field(field: BoundField) -> dict[str, Any]:
    """One form field with label, help and its own error."""
    return {"field": field, "kind": field_kind(field)}
