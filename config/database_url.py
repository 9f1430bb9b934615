"""DATABASE_URL, by which a college names its own PostgreSQL server. Django is not imported: settings import this."""

import re
from typing import Any
from urllib.parse import parse_qsl, unquote


def parse_url(url: str) -> dict[str, Any]:
    """Django's settings for postgres://user:password@host:port/name?option=value; `?host=` may be a socket's folder.

    Every part may be percent-encoded; several hosts are written host1:port1,host2:port2. An address that cannot be
    read is a ValueError with one sentence.
    """
    scheme, mark, rest = url.strip().partition("://")
    if not mark or scheme not in {"postgres", "postgresql"}:
        raise ValueError("DATABASE_URL must begin with postgres:// (Zhixing runs on PostgreSQL only).")
    rest, _, query = rest.partition("?")
    authority, _, name = rest.partition("/")
    account, _, where = authority.rpartition("@")
    user, _, password = account.partition(":")
    hosts, ports = [], []
    for part in where.split(",") if where else []:
        found = re.fullmatch(r"(\[[^\]]*\]|[^:]*)(?::(\d*))?", part)
        if not found:
            raise ValueError("DATABASE_URL has a host or port that cannot be read.")
        hosts.append(unquote(found[1].strip("[]")))
        ports.append(found[2] or "")
    options: dict[str, Any] = dict(parse_qsl(query, keep_blank_values=True))
    settings: dict[str, Any] = {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": options.pop("host", "") or ",".join(hosts),
        "PORT": options.pop("port", "") or (",".join(ports) if any(ports) else ""),
        "USER": options.pop("user", "") or unquote(user),
        "PASSWORD": options.pop("password", "") or unquote(password),
        "NAME": options.pop("dbname", "") or unquote(name),
        # Opening a connection costs more than most queries.
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
    }
    if not settings["NAME"]:
        raise ValueError("DATABASE_URL names no database: postgres://user:password@host:5432/NAME.")
    if options:
        settings["OPTIONS"] = options
    return settings
