"""Who may use the page: names and passwords, from a flag, a file or the environment."""

from __future__ import annotations

from pathlib import Path

from starlette.requests import Request

from amodal.errors import AmodalError

EXPECTED = "expected NAME:PASSWORD, or @FILE with one NAME:PASSWORD a line"

Logins = list[tuple[str, str]]


def read_logins(given: str | None) -> Logins | None:
    """Who may log in; None: everybody may use the page.

    Args:
        given: NAME:PASSWORD, or @FILE: lines of NAME:PASSWORD; empty lines and those that start
            with # don't count. A password may contain colons, and is never repeated in an error.

    Raises:
        AmodalError: it is neither, or the file can't be read or names nobody.
    """
    if given is None:
        return None
    if not given.startswith("@"):
        return [_login(given, "Login")]
    path = Path(given[1:])
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise AmodalError(
            f"Can't read the logins of {path} ({reason}): check name and rights."
        ) from error
    numbered = [(number, line.strip()) for number, line in enumerate(lines, 1)]
    logins = [
        _login(line, f"{path.name}, line {number}")
        for number, line in numbered
        if line and not line.startswith("#")
    ]
    if not logins:
        raise AmodalError(f"{path.name} names nobody, {EXPECTED}.")
    return logins


def may_enter(request: Request) -> bool:
    """Whether a route of our own may answer: everybody may ask, or the asker has logged in."""
    app = request.app
    names = (f"access-token-{app.cookie_id}", f"access-token-unsecure-{app.cookie_id}")
    return app.auth is None or any(request.cookies.get(name) in app.tokens for name in names)


def _login(line: str, where: str) -> tuple[str, str]:
    name, _, password = line.partition(":")
    if not name.strip() or not password:
        raise AmodalError(f"{where}: got no name or no password, {EXPECTED}.")
    return name.strip(), password
