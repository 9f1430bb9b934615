"""The embedded database from the command line, for the Makefile and for a look with psql."""

import os
import signal
import subprocess
import sys

from config import embedded


def _run(command: list[str]) -> int:
    """Run a command while the server stays up. Ctrl-C and a polite end are the command's business; then we end too."""
    if not os.environ.get("DATABASE_URL"):
        embedded.ensure()
    signal.signal(signal.SIGINT, lambda *_: None)  # a handler, not SIG_IGN, which the command would inherit
    child = subprocess.Popen(command)
    signal.signal(signal.SIGTERM, lambda *_: child.terminate())
    return child.wait()


def main(arguments: list[str]) -> int:
    """python -m config stop | status | psql [ARGUMENT…] | run COMMAND… (keeps the server up meanwhile)"""
    verb, rest = (arguments[0], arguments[1:]) if arguments else ("", [])
    try:
        if verb == "stop":
            print("The embedded database is stopped." if embedded.stop() else "The embedded database was not running.")
        elif verb == "status":
            now = embedded.status()
            print("\n".join(f"{key}: {value}" for key, value in now.items()))
            return 0 if now["running"] else 1
        elif verb == "psql":
            return subprocess.call(["psql", *rest], env=os.environ | embedded.psql_env())
        elif verb == "run" and rest:
            return _run(rest)
        else:
            print(main.__doc__, file=sys.stderr)
            return 2
    except embedded.EmbeddedError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
