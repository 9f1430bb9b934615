"""Make .venv with exactly the packages of requirements.lock. Runs on a bare Python 3.11+ with pip and nothing else.

Debian ships Python without the means to put pip into a new environment, and sometimes without the venv module; then
this script makes the environment itself (it is three files) and lets the system's pip install into it. Nothing outside
the project's folder is touched. A second run sees the stamp and returns at once.
"""

import hashlib
import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
LOCK = ROOT / "requirements.lock"
STAMP = VENV / "installed"
PYTHON = VENV / "bin" / "python"


def fail(sentence: str) -> None:
    sys.exit(f"setup: {sentence}")


def works(*command: object) -> bool:
    try:
        return subprocess.run([*map(str, command)], capture_output=True).returncode == 0
    except OSError:
        return False


def make_by_hand() -> None:
    """What the venv module would make: a link to Python, a note where it came from, a place for packages."""
    base = Path(sys._base_executable)  # type: ignore[attr-defined]
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    (VENV / "bin").mkdir(parents=True)
    (VENV / "lib" / f"python{version}" / "site-packages").mkdir(parents=True)
    (VENV / "pyvenv.cfg").write_text(
        f"home = {base.parent}\ninclude-system-site-packages = false\nversion = {sys.version.split()[0]}\n"
    )
    for name in ("python", "python3", f"python{version}"):
        (VENV / "bin" / name).symlink_to(base)


def make_environment() -> None:
    if works(PYTHON, "-c", "import sys; sys.exit(sys.version_info < (3, 11))"):
        return
    shutil.rmtree(VENV, ignore_errors=True)
    if importlib.util.find_spec("ensurepip") and works(sys.executable, "-m", "venv", VENV):
        return
    shutil.rmtree(VENV, ignore_errors=True)
    print("setup: this Python cannot make an environment with pip in it; making a plain one and using your pip.")
    make_by_hand()


def pip() -> list[str]:
    """The environment's own pip, else the system's pip told to work there."""
    if works(PYTHON, "-m", "pip", "--version"):
        return [str(PYTHON), "-m", "pip"]
    for python in (sys.executable, shutil.which("python3") or "python3"):
        if works(python, "-m", "pip", "--python", PYTHON, "--version"):
            return [python, "-m", "pip", "--python", str(PYTHON)]
    fail("there is no pip for this Python: install it (Debian: apt-get install python3-pip) and try again.")
    raise AssertionError


def main() -> None:
    if sys.hexversion < 0x030B0000:  # the one file that an older Python may meet
        fail(f"Python 3.11 or newer is needed, this is {sys.version.split()[0]}: run `make PYTHON=python3.11 …`.")
    wanted = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    if STAMP.is_file() and STAMP.read_text() == wanted and works(PYTHON, "-c", "import django"):
        return
    make_environment()
    print("setup: installing the packages of requirements.lock into .venv (a minute or two, once) …", flush=True)
    quiet = ["--quiet", "--quiet", "--disable-pip-version-check", "--no-input", "--no-warn-script-location"]
    # Two --quiet leave errors only; hashes make sure that what comes is what was tried.
    command = [*pip(), "install", *quiet, "--require-hashes", "-r", str(LOCK)]
    if subprocess.run(command, cwd=ROOT).returncode != 0:
        fail("the packages could not be installed; pip's own words are above. Mend that and run the same again.")
    STAMP.write_text(wanted)


if __name__ == "__main__":
    main()
