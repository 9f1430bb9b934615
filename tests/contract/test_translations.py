"""No reader of Chinese meets English: every text of the program has its translation, with the same placeholders."""

from __future__ import annotations

from pathlib import Path

import pytest

from zhixing.kernel.management.commands import messages


def test_every_text_is_translated() -> None:
    found = messages.faults()
    listed = "\n".join(
        f"{fault['app']}: {fault['fault']}: {fault['text']!r} ({fault['places']})" for fault in found[:40]
    )
    assert not found, f"{len(found)} texts; `manage.py messages --extract` adds them to the .po files:\n{listed}"


def test_a_missing_translation_is_found(tmp_path: Path, settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The test above can fail: a text in code, in a template, and one with another placeholder are all named."""
    (tmp_path / "words.py").write_text(
        'from django.utils.translation import gettext as _\n_("A text in code")\n_("%(n)s rows")\n'
    )
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "page.html").write_text("<p>{% translate 'A text in a template' %}</p>")
    po = tmp_path / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
    po.parent.mkdir(parents=True)
    po.write_text(
        'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n\nmsgid "%(n)s rows"\nmsgstr "若干行"\n'
    )
    settings.ROOT = tmp_path
    monkeypatch.setattr(messages, "homes", lambda: [tmp_path])
    found = {(fault["text"], fault["fault"]) for fault in messages.faults()}
    assert found == {
        ("A text in code", "no translation"),
        ("A text in a template", "no translation"),
        ("%(n)s rows", "placeholders differ"),
    }
    assert messages.extract_all() == 2
    assert 'msgid "A text in a template"' in po.read_text()
    assert 'msgstr "若干行"' in po.read_text()


def test_two_translations_of_one_text_are_found(tmp_path: Path, settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Django keeps one of them for all apps: the reader of the other would meet a word of another meaning."""
    homes = []
    for name, chinese in (("classes", "课程"), ("requests", "办理过程")):
        home = tmp_path / name
        po = home / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
        po.parent.mkdir(parents=True)
        (home / "words.py").write_text('from django.utils.translation import gettext as _\n_("Course")\n')
        po.write_text(
            f'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n\nmsgid "Course"\nmsgstr "{chinese}"\n'
        )
        homes.append(home)
    settings.ROOT = tmp_path
    monkeypatch.setattr(messages, "homes", lambda: homes)
    assert [(fault["app"], fault["fault"]) for fault in messages.faults()] == [
        ("classes", "translated in two ways"),
        ("requests", "translated in two ways"),
    ]
