"""Secrets that an installation makes for itself once and keeps in a file only its owner may read."""

import os
import secrets
from pathlib import Path


def secret(path: Path) -> str:
    """Return the secret kept in `path`, making it on first use (0600; safe when two processes start together)."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(descriptor, "w") as file:
        file.write(value := secrets.token_urlsafe(48))
    return value
