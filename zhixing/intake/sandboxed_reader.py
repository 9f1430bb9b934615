"""Read one workbook in a process of its own: bytes on standard input, a pickled result on standard output.

A workbook names its own sizes: how many strings follow, where a cell stands. A damaged or hostile file can set them to
anything, and a reader that then asks for hundreds of gigabytes is ended by the system, together with whatever process
it runs in. Here that process is this one, with a ceiling on memory and time, and the caller reports a damaged file. The
program imports nothing of the project, so it starts in a few hundredths of a second.
"""

import gc
import io
import pickle
import sys

MEMORY_BYTES = 3 << 30
CPU_SECONDS = 120


def read_sheets(data: bytes, max_cells: int) -> tuple[str, object]:
    """`("ok", [(name, visible, rows, merged), …])`, or `(code, detail)` with code encrypted, too_big or broken."""
    import python_calamine as calamine

    try:
        book = calamine.load_workbook(io.BytesIO(data))
        sheets = []
        for index, meta in enumerate(book.sheets_metadata):
            if meta.typ != calamine.SheetTypeEnum.WorkSheet:
                continue
            sheet = book.get_sheet_by_index(index)
            if sheet.end and (sheet.end[0] + 1) * (sheet.end[1] + 1) > max_cells:
                return "too_big", (meta.name, sheet.end[0] + 1, sheet.end[1] + 1)
            visible = meta.visible == calamine.SheetVisibleEnum.Visible
            sheets.append((meta.name, visible, sheet.to_python(skip_empty_area=False), sheet.merged_cell_ranges or []))
        return "ok", sheets
    except calamine.PasswordError:
        return "encrypted", ""
    # A panic of the Rust reader reaches Python as a BaseException.
    except BaseException as error:
        return "broken", str(error)[:200]


def main() -> None:
    """Entry of the child process."""
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
        resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (ImportError, ValueError, OSError):
        # Windows has no such ceilings, and a container may refuse to set them: the process is still apart from the
        # server.
        pass
    # A million cells and no cycles: neither the collector nor the pickler's memo is worth its time.
    gc.disable()
    pickler = pickle.Pickler(sys.stdout.buffer, pickle.HIGHEST_PROTOCOL)
    pickler.fast = True
    pickler.dump(read_sheets(sys.stdin.buffer.read(), int(sys.argv[1])))


if __name__ == "__main__":
    main()
