"""The look keeps its promises: readable contrast in every theme, known icons, nothing the content policy forbids."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import zhixing.kernel

KERNEL = Path(zhixing.kernel.__file__).parent
STATIC = KERNEL / "static" / "zx"
TEMPLATES = sorted(KERNEL.parent.glob("*/templates/**/*.html"))

THEMES = {
    "bihai-light": [r":root,\n\[data-zx=\"bihai\"\]"],
    "lijin-light": [r":root,\n\[data-zx=\"bihai\"\]", r"\[data-zx=\"lijin\"\]"],
    "bihai-dark": [r":root,\n\[data-zx=\"bihai\"\]", r"\[data-zx=\"bihai\"\]\[data-bs-theme=\"dark\"\]"],
    "lijin-dark": [
        r":root,\n\[data-zx=\"bihai\"\]",
        r"\[data-zx=\"lijin\"\]",
        r"\[data-zx=\"lijin\"\]\[data-bs-theme=\"dark\"\]",
    ],
}
#: text token, ground token: every pair that carries words smaller than a heading
PAIRS = [
    *[(text, ground) for text in ("ink", "ink2", "mut", "p", "ok", "warn", "bad", "ac") for ground in ("sf", "sf2")],
    *[(text, "bg") for text in ("ink", "ink2", "mut", "p")],
    ("p-deep", "p-soft"),
    ("on-p", "p"),
    ("side-ink", "side1"),
    ("side-ink", "side2"),
]


def tokens(theme: str) -> dict[str, str]:
    css = (STATIC / "tokens.css").read_text(encoding="utf-8")
    found: dict[str, str] = {}
    for selector in THEMES[theme]:
        block = re.search(rf"(?:^|\n){selector} \{{(.*?)\n\}}", css, re.S)
        assert block, f"no token block for {theme}"
        found.update(re.findall(r"--zx-([\w-]+): (#[0-9a-f]{3,6});", block.group(1)))
    return found


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(ch * 2 for ch in colour[1:])
    parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    red, green, blue = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in parts]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("theme", THEMES)
def test_words_are_readable_in_every_theme(theme: str) -> None:
    known = tokens(theme)
    weak = []
    for text, ground in PAIRS:
        high, low = sorted((luminance(known[text]), luminance(known[ground])), reverse=True)
        ratio = (high + 0.05) / (low + 0.05)
        if ratio < 4.5:
            weak.append(f"{text} on {ground}: {ratio:.2f}")
    assert not weak


def test_every_icon_named_in_a_template_is_drawn() -> None:
    drawn = set(re.findall(r'<symbol id="i-([\w-]+)"', (STATIC / "icons.svg").read_text(encoding="utf-8")))
    assert len(drawn) > 80
    named = {
        (path.name, name)
        for path in TEMPLATES
        for name in re.findall(r'\{% icon "([\w-]+)"', path.read_text(encoding="utf-8"))
    }
    assert named
    assert not {pair for pair in named if pair[1] not in drawn}


def test_every_standing_has_its_own_shape() -> None:
    from zhixing.kernel.templatetags.zx import STATES

    sprite = (STATIC / "icons.svg").read_text(encoding="utf-8")
    shapes = [re.search(rf'<symbol id="i-st-{state}"[^>]*>(.*?)</symbol>', sprite) for state in STATES]
    assert all(shapes)
    assert len({shape.group(1) for shape in shapes if shape}) == len(STATES) == 7


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_nothing_inline(path: Path) -> None:
    html = path.read_text(encoding="utf-8")
    assert not re.search(r"\sstyle=", html), "style attributes are refused by the content policy"
    assert not re.search(r"\son[a-z]+=\"", html), "inline handlers are refused by the content policy"
    for tag in re.findall(r"<script\b[^>]*>", html):
        assert " src=" in tag or 'type="application/json"' in tag
    assert "http://" not in html and "https://" not in html, "pages ask no outside host"


def test_vendored_files_ask_nothing_of_the_outside() -> None:
    vendor = KERNEL / "static" / "vendor"
    for path in vendor.rglob("*"):
        if path.suffix in {".css", ".js"}:
            text = path.read_text(encoding="utf-8")
            assert "sourceMappingURL" not in text, path.name
            assert not re.search(r"@import|url\(['\"]?https?:", text), path.name
    for folder in (entry for entry in vendor.iterdir() if entry.is_dir()):
        assert (folder / "LICENSE").is_file(), f"{folder.name} has no licence beside it"


def test_numbers_names_and_trends_as_an_office_writes_them() -> None:
    from zhixing.kernel.templatetags import zx

    assert [zx.signed(n) for n in (4, -1818, 0, None)] == ["+4", "−1,818", "0", ""]
    assert zx.number(1234567) == "1,234,567" and zx.number("12.500") == "12.5" and zx.number(None) == ""
    assert zx.money("1200000") == "¥1,200,000.00" and zx.money("") == ""
    assert zx.wan("1234500").startswith("123.45 ")
    assert zx.avatar("林若岚") == "若岚" and zx.avatar("Ada Lovelace") == "AL"
    assert zx.percent_of(3, 4) == 75 and zx.percent_of(3, 0) == 0 and zx.percent_of(9, 4) == 100
    assert "polyline" in zx.sparkline([1, 5, 3]) and zx.sparkline([1]) == ""
