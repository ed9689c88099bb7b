"""Serve the page until the process is ended."""

from __future__ import annotations

import os
from dataclasses import dataclass

from amodal.pipeline import Pipeline
from demo.access import Logins
from demo.examples import find_examples
from demo.faults import HANDLERS
from demo.guard import guarded
from demo.handlers import Handlers
from demo.process import sweep, until_stopped, use_own_folder
from demo.programs import programs
from demo.ui import KEPT, build, look

KEEP = "AMODAL_KEEP_TABS"  # seconds after which a closed tab's work is forgotten
KEEP_SECONDS = 1800
TABS = 100  # with work in memory; the one that was used longest ago makes room
WAITING = 64  # requests; the next one is told that the demo is busy


@dataclass(frozen=True)
class Serving:
    """How the page is served.

    Args:
        host, port: None: Gradio's environment variables, else 127.0.0.1 and the first free port
            from 7860 on.
        share: also open a public link.
        mcp: also serve the API's endpoints as tools (Model Context Protocol).
        logins: who may use it; None: everybody.
        root_path: where a proxy shows it, such as "/demo"; None: at the top.
    """

    host: str | None = None
    port: int | None = None
    share: bool = False
    mcp: bool = False
    logins: Logins | None = None
    root_path: str | None = None


def launch(pipeline: Pipeline, how: Serving) -> None:
    """Serve the page until interrupted.

    Args:
        pipeline: shared by all users.

    Raises:
        AmodalError: `mcp` without the package.
    """
    offered, guard = programs(how.mcp), guarded(how.share)
    app = {**offered.pop("app_kwargs"), **guard.pop("app_kwargs"), "exception_handlers": HANDLERS}
    # Else Gradio makes a table of its last 10,000 events after each one, for a page we don't show.
    os.environ.setdefault("GRADIO_ANALYTICS_CACHE_FREQUENCY", "1000000")
    use_own_folder()
    sweep(KEPT[1])
    page = build(Handlers(pipeline, find_examples()), float(os.environ.get(KEEP, KEEP_SECONDS)))
    page.queue(max_size=WAITING, api_open=False).launch(
        prevent_thread_lock=True,
        server_name=how.host,
        server_port=how.port,
        share=how.share,
        auth=how.logins,
        root_path=how.root_path,
        state_session_capacity=TABS,
        footer_links=["api"],
        app_kwargs=app,
        **offered,
        **guard,
        **look(),
    )
    until_stopped(page)
