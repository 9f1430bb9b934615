"""Every awkward workbook gives rows or a clear error: real files of other projects, and generated damage."""

import io
import random
import re
import zipfile
from pathlib import Path

import pytest
import xlsxwriter

from zhixing.intake.reading import Limits, ReadError, Workbook, open_workbook

PROJECT = Path(__file__).resolve().parents[2]
FOLDER = PROJECT.parent / "shared" / "data" / "workbooks"
FILES = sorted(path for path in FOLDER.rglob("*") if path.is_file()) if FOLDER.is_dir() else []
CODES = {"encrypted", "empty", "unknown_type", "broken", "too_big", "macros"}

# What these files are, from their own projects' tests: read wrongly, they would still "work".
EXPECTED_ERRORS = {
    "issue_385.xls": "encrypted",
    "password_2002_128_enhanced.xls": "encrypted",
    "converter_img.jpg": "unknown_type",
    "OOM_alloc3.xls": "broken",
    "issue252.xlsx": "broken",
    "picture.xls": "empty",
    "misc_biff5_parsing.xls": "empty",
    "issue127.xlsx": "empty",
    "pictures_in_cell_and_over_cell.xlsx": "empty",
    "issues.xls": "macros",
    "optional_records.xls": "macros",
    "number_format.xls": "macros",
}

needs_files = pytest.mark.skipif(not FILES, reason="the folder of awkward workbooks is not beside the project")


def read(data: bytes, name: str = "a.xlsx", **limits: int) -> Workbook | ReadError:
    try:
        book = open_workbook(data, name, Limits(**limits))
    except ReadError as error:
        assert error.code in CODES
        assert len(str(error)) > 20
        assert "%(" not in str(error)
        return error
    assert any(cell not in ("", None) for sheet in book.sheets for row in sheet.rows for cell in row)
    return book


def workbook(rows: list[list[object]]) -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    page = book.add_worksheet("登记表")
    for index, row in enumerate(rows):
        page.write_row(index, 0, row)
    book.close()
    return out.getvalue()


def rezip(data: bytes, change: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, change.get(name, old.read(name)))
        for name in change.keys() - set(old.namelist()):
            new.writestr(name, change[name])
    return out.getvalue()


ROWS = [["企业名称", "金额（万元）", "日期"], *[[f"海南示例{n}有限公司", n * 1.5, "2024-09-01"] for n in range(40)]]
SHEET = "xl/worksheets/sheet1.xml"


@needs_files
@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_real_file_gives_rows_or_a_clear_error(path: Path) -> None:
    found = read(path.read_bytes(), path.name)
    expected = EXPECTED_ERRORS.get(path.name)
    assert (found.code if isinstance(found, ReadError) else None) == expected


@needs_files
def test_types_dates_and_strict_files_are_read_right() -> None:
    def book(name: str) -> Workbook:
        return open_workbook(FOLDER / name)

    assert book("sheetjs/artifacts_wps_write.et").kind == "et"
    assert book("sheetjs/artifacts_wps_write.xls").kind == "xls"
    assert len(book("calamine/strict_iso_paths.xlsx").sheets[0].rows) == 76
    new, old = book("sheetjs/1904_1900.xlsx"), book("sheetjs/1904_1904.xlsx")
    assert (new.date_1904, old.date_1904, book("sheetjs/1904_1904.xls").date_1904) == (False, True, True)
    # Column C holds the date as text, so the file itself says what column B must be.
    for found in (new, old, book("sheetjs/1904_1904.xls")):
        assert all(row[1].isoformat() == row[2] for row in found.sheets[0].rows)
    with_mark, without = book("easyexcel/bom_office_bom.csv"), book("easyexcel/bom_no_bom.csv")
    assert with_mark.sheets[0].rows[0][0] == without.sheets[0].rows[0][0] == "姓名"
    assert dict(book("sheetjs/ErrorTypes.xlsx").warnings).keys() == {"error_cells"}
    assert len(book("sheetjs/merge_cells.xlsx").sheets[0].merged) == 5
    assert len(book("sheetjs/merge_cells.xls").sheets[0].merged) == 5


def test_rows_keep_their_place_in_the_sheet() -> None:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        book.add_worksheet("空表")
        page = book.add_worksheet("表")
        page.write(3, 2, "企业名称")
        page.merge_range(4, 2, 5, 2, "甲")
    book = open_workbook(out.getvalue())
    assert book.sheets[1].rows[3][2] == "企业名称"
    assert book.sheets[1].merged == [((4, 2), (5, 2))]


@pytest.mark.parametrize("seed", range(150))
def test_damaged_xlsx(seed: int) -> None:
    random_ = random.Random(seed)
    data = bytearray(workbook(ROWS))
    for _flip in range(random_.randint(1, 12)):
        data[random_.randrange(4, len(data))] ^= 1 << random_.randrange(8)
    if seed % 3 == 0:
        del data[random_.randrange(1, len(data)) :]
    read(bytes(data))


@pytest.mark.parametrize("seed", range(100))
def test_damaged_inside_a_sound_archive(seed: int) -> None:
    random_ = random.Random(seed)
    data = workbook(ROWS)
    name = random_.choice([SHEET, "xl/workbook.xml", "xl/sharedStrings.xml", "[Content_Types].xml", "xl/styles.xml"])
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        part = bytearray(archive.read(name))
    for _flip in range(random_.randint(1, 6)):
        part[random_.randrange(len(part))] = random_.randrange(256)
    read(rezip(data, {name: bytes(part)}))


@needs_files
@pytest.mark.parametrize("seed", range(25))
def test_damaged_xls(seed: int) -> None:
    random_ = random.Random(seed)
    data = bytearray((FOLDER / "sheetjs" / "artifacts_wps_write.xls").read_bytes())
    for _flip in range(random_.randint(1, 40)):
        data[random_.randrange(8, len(data))] = random_.randrange(256)
    if seed % 4 == 0:
        del data[random_.randrange(600, len(data)) :]
    read(bytes(data), "a.xls")


def sheet_xml(body: str) -> dict[str, bytes]:
    head = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    return {SHEET: f'{head}<dimension ref="A1:XFD1048576"/><sheetData>{body}</sheetData></worksheet>'.encode()}


def test_a_declared_range_is_not_walked() -> None:
    body = '<row r="1"><c r="A1" t="inlineStr"><is><t>甲</t></is></c></row><row r="2"><c r="XFD2" s="0"/></row>'
    book = open_workbook(rezip(workbook(ROWS), sheet_xml(body)))
    assert book.sheets[0].rows == [["甲"]]


@pytest.mark.parametrize(
    "body",
    [
        '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>',
        '<row r="1"><c s="0" r="A1"><v>1</v></c></row><row r="900000"><c s="0" r="ZZ900000"><v>1</v></c></row>',
        "<row r='1'><c r='A1'><v>1</v></c></row><row r='90000'><c r='ZZZ90000'><v>1</v></c></row>",
        '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row><row r="1"><c r="A1"><v>1</v></c></row>',
    ],
)
def test_a_stray_cell_far_away_does_not_take_the_process_down(body: str) -> None:
    found = read(rezip(workbook(ROWS), sheet_xml(body)))
    assert isinstance(found, ReadError)
    assert found.code == "too_big"


@pytest.mark.parametrize(
    ("part", "pattern", "value"),
    [
        ("xl/sharedStrings.xml", rb'uniqueCount="\d+"', b'uniqueCount="4294967295"'),
        ("xl/sharedStrings.xml", rb'count="\d+" uniqueCount="\d+"', b'count="99999999999" uniqueCount="99999999999"'),
        (SHEET, rb'r="A2"', b'r="A4294967295"'),
        (SHEET, rb'r="A2"', b'r="ZZZZZZZ2"'),
        (SHEET, rb'r="A2"', b'r="xfd900000"'),
        (SHEET, rb'r="A1"', b'r="A0"'),
    ],
)
def test_sizes_that_a_file_claims_cannot_take_the_process_down(part: str, pattern: bytes, value: bytes) -> None:
    data = workbook(ROWS)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        changed = re.sub(pattern, value, archive.read(part), count=1)
    found = read(rezip(data, {part: changed}))
    assert isinstance(found, ReadError)
    assert found.code in ("broken", "too_big")


def test_a_sheet_in_an_encoding_that_is_not_understood_is_no_empty_sheet() -> None:
    data = workbook(ROWS)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        wide = archive.read(SHEET).decode().replace("UTF-8", "UTF-16").encode("utf-16")
    assert read(rezip(data, {SHEET: wide})).code == "broken"


def ods(cells: str, row: str = "") -> bytes:
    out = io.BytesIO()
    office, table, text = (f"urn:oasis:names:tc:opendocument:xmlns:{name}:1.0" for name in ("office", "table", "text"))
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        manifest = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"
        archive.writestr("META-INF/manifest.xml", f'<manifest:manifest xmlns:manifest="{manifest}"/>')
        archive.writestr(
            "content.xml",
            f'<office:document-content xmlns:office="{office}" xmlns:table="{table}" xmlns:text="{text}"><office:body>'
            f'<office:spreadsheet><table:table table:name="表"><table:table-row{row}>{cells}</table:table-row>'
            "</table:table></office:spreadsheet></office:body></office:document-content>",
        )
    return out.getvalue()


def test_open_document_tables() -> None:
    cell = '<table:table-cell office:value-type="string"{}><text:p>甲</text:p></table:table-cell>'
    book = open_workbook(ods(cell.format("")))
    assert (book.kind, book.sheets[0].rows) == ("ods", [["甲"]])
    repeated = cell.format(' table:number-columns-repeated="16384"')
    assert isinstance(read(ods(repeated, ' table:number-rows-repeated="1048576"')), ReadError)


def test_utf8_that_lost_a_byte_is_not_read_as_nonsense() -> None:
    data = ("企业名称,代码\n" + "海南示例旅游有限公司,1\n" * 20).encode()
    assert read(data[:-10], "a.csv").code == "broken"
    assert read(data[:100] + data[101:], "a.csv").code == "broken"


def test_limits() -> None:
    data = workbook(ROWS)
    assert read(data, file_bytes=1000).code == "too_big"
    assert read(data, rows=20).code == "too_big"
    assert read(data, rows=41).kind == "xlsx"
    bomb = rezip(data, {"xl/media/a.xml": b"0" * (30 << 20)})
    assert read(bomb).code == "too_big"
    assert read(data, unpacked_bytes=2000).code == "too_big"
    csv_text = "甲,乙\n" * 30
    assert read(csv_text.encode(), "a.csv", rows=20).code == "too_big"


def test_macros_and_links_and_documents() -> None:
    data = workbook(ROWS)
    assert read(rezip(data, {"xl/vbaProject.bin": b"x" * 100})).code == "macros"
    linked = open_workbook(rezip(data, {"xl/externalLinks/externalLink1.xml": b"<externalLink/>"}))
    assert [code for code, _message in linked.warnings] == ["external_links"]
    plain_zip = io.BytesIO()
    with zipfile.ZipFile(plain_zip, "w") as archive:
        archive.writestr("a.txt", "a")
    assert read(plain_zip.getvalue()).code == "unknown_type"
    assert read(rezip(data, {"word/document.xml": b"<x/>"})).code == "unknown_type"
    for junk in (b"%PDF-1.7 ...", b"\x89PNG\r\n\x1a\n000", b"Rar!\x1a\x07", random.Random(1).randbytes(3000)):
        assert read(junk).code == "unknown_type"
    for blank in (b"", b"\r\n\r\n", workbook([])):
        assert read(blank).code == "empty"


def test_protected_xlsx() -> None:
    msoffcrypto = pytest.importorskip("msoffcrypto.format.ooxml")
    out = io.BytesIO()
    msoffcrypto.OOXMLFile(io.BytesIO(workbook(ROWS))).encrypt("secret", out)
    assert read(out.getvalue()).code == "encrypted"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_csv_in_every_encoding(encoding: str, delimiter: str) -> None:
    rows = [["企业名称", "代码", "备注"], ["海南甲公司", "00123", 'a "b", c; d'], ["乙公司", "2", "一行\n两行"]]
    text = "\r\n".join(delimiter.join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows)
    book = open_workbook(text.encode(encoding), "a.csv")
    assert book.kind == "csv"
    assert book.sheets[0].rows == rows


def test_csv_keeps_zeros_that_excel_wrote_as_a_formula() -> None:
    assert open_workbook('代码,名称\n="00123",甲'.encode("gb18030")).sheets[0].rows[1] == ["00123", "甲"]


def test_a_web_page_under_the_name_xls() -> None:
    page = (
        '<html><head><meta charset="gb2312"></head><body><table><tr><th rowspan=2>单位</th><th colspan=2>金额</th></tr>'
        "<tr><th>甲</th><th>乙</th></tr><tr><td>A&amp;B</td><td>1</td><td>2<br>3</td></tr></table></body></html>"
    )
    book = open_workbook(page.encode("gb18030"), "a.xls")
    assert book.kind == "html"
    assert book.sheets[0].rows == [["单位", "金额", ""], ["", "甲", "乙"], ["A&B", "1", "2\n3"]]
    assert ((0, 0), (1, 0)) in book.sheets[0].merged
    assert read(b"<html><body>no table</body></html>").code == "unknown_type"
    old = b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"></Workbook>'
    assert read(old).code == "unknown_type"
