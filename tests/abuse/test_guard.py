"""The rules of the guard, one by one, without a server."""

from __future__ import annotations

import pytest

from demo.guard import FRAMES, SHARE_HOST, is_foreign, policy

HOST = {"host": "demo.example"}


@pytest.mark.parametrize(
    ("method", "headers", "foreign"),
    [
        ("POST", {}, False),
        ("POST", {"origin": "https://demo.example"}, False),
        ("POST", {"origin": "https://DEMO.example"}, False),
        ("POST", {"origin": "https://demo.example:8443"}, True),
        ("POST", {"origin": "https://evil.example"}, True),
        ("POST", {"origin": "https://demo.example.evil.example"}, True),
        ("POST", {"origin": "null"}, True),
        ("POST", {"origin": ""}, True),
        ("POST", {"origin": "https://a.example", "x-forwarded-host": "a.example, proxy"}, False),
        ("GET", {"sec-fetch-site": "same-origin"}, False),
        ("GET", {"sec-fetch-site": "none"}, False),
        ("GET", {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}, False),
        ("POST", {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}, True),
        ("GET", {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"}, True),
        ("GET", {"sec-fetch-site": "same-site", "sec-fetch-mode": "cors"}, True),
        # What the browser says of the site counts, whatever a proxy makes of the host.
        ("POST", {"sec-fetch-site": "same-origin", "origin": "https://outside.example"}, False),
        ("POST", {"sec-fetch-mode": "cors"}, False),  # Node's fetch
    ],
)
def test_foreign_is_what_another_sites_page_sends(
    method: str, headers: dict[str, str], foreign: bool
) -> None:
    assert is_foreign(method, HOST | headers) == foreign


def test_scripts_come_from_here_and_frames_from_the_hub() -> None:
    rules = dict(rule.split(" ", 1) for rule in policy("N").split("; "))
    assert rules["script-src"] == "'self' 'nonce-N' 'unsafe-eval'"
    assert rules["frame-ancestors"].split() == list(FRAMES)
    assert "http" not in policy("N").split("frame-ancestors")[0]
    assert SHARE_HOST in policy("N", share=True)
