"""What the page's server offers to programs, beside the endpoints themselves."""

from __future__ import annotations

from typing import Any

from demo.mcp_tools import serve_tools
from demo.openapi import routes
from demo.remote_files import fetch_nothing


def programs(mcp: bool = False) -> dict[str, Any]:
    """What launch() needs to know of programs. What they must not do is switched off here.

    Args:
        mcp: also serve the endpoints as tools (Model Context Protocol).

    Raises:
        AmodalError: `mcp` without the package.
    """
    fetch_nothing()
    if mcp:
        serve_tools()
    return {"mcp_server": mcp, "app_kwargs": {"openapi_url": None, "routes": routes()}}
