"""The named endpoints as tools of an MCP server, which `app.py --mcp` switches on.

Gradio's own server is corrected in two points. It gives results as Python's repr; here they are
JSON. And it would read a file of this machine into a call whose arguments hold a Gradio file
object, since its client runs in this process and takes that for a file to upload; here arguments
may hold no such object. Files are addresses of this app's files, or data: URIs.
"""

from __future__ import annotations

import importlib.util
import json
from typing import Any

import gradio.mcp
from gradio.mcp import GradioMCPServer
from gradio_client.utils import traverse

from amodal.errors import AmodalError

MISSING = "The MCP server needs the package `mcp`: pip install 'mcp>=1.21,<2'."
FILES = "Files: got a file object, expected an address of a file of this app or a data: URI."


class Tools(GradioMCPServer):
    """Gradio's server, with JSON results and no file objects in arguments."""

    def convert_strings_to_filedata(
        self, value: Any, filedata_positions: list[list[str | int]]
    ) -> Any:
        traverse(value, _refuse, _is_file)
        return super().convert_strings_to_filedata(value, filedata_positions)

    async def _execute_tool_without_progress(self, job: Any) -> list[Any]:
        """One item for each result, as with progress: a client gets a tuple of several."""
        (results,) = await super()._execute_tool_without_progress(job)
        return list(results) if isinstance(results, tuple | list) else [results]

    def postprocess_output_data(self, data: Any, root_url: str) -> list[Any]:
        contents = []
        for result in data:
            if _is_file(result):
                contents += super().postprocess_output_data([result], root_url)
            elif isinstance(result, list) and all(_is_picture(item) for item in result):
                pictures = [item["image"] for item in result]
                contents += super().postprocess_output_data(pictures, root_url)
            else:
                contents.append(self.types.TextContent(type="text", text=json.dumps(result)))
        return contents


def serve_tools() -> None:
    """From now on launch(mcp_server=True), in this process, serves these tools.

    Raises:
        AmodalError: the package is missing. Gradio itself would go on without.
    """
    if importlib.util.find_spec("mcp") is None:
        raise AmodalError(MISSING)
    gradio.mcp.GradioMCPServer = Tools


def _is_file(value: Any) -> bool:
    return isinstance(value, dict) and "path" in value and "meta" in value


def _is_picture(value: Any) -> bool:
    """Of a gallery."""
    return isinstance(value, dict) and _is_file(value.get("image"))


def _refuse(value: Any) -> Any:
    raise ValueError(FILES)
