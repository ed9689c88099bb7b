"""The MCP server, as the official client library sees it over HTTP on loopback."""

from __future__ import annotations

import base64
import json
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from jsonschema import Draft202012Validator
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client

from amodal.errors import AmodalError
from amodal.export import png_bytes
from demo import api_schema as schemas
from demo.api_endpoints import ENDPOINTS
from demo.programs import programs
from tests import own_loop
from tests.api_app import serve
from tests.demo_parts import photo


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serve(tmp_path_factory.mktemp("app"), mcp=True) as address:
        yield address


def ask(url: str, asked: Callable[[ClientSession], Awaitable[Any]]) -> Any:
    """What a client's session gets."""

    async def session() -> Any:
        async with (
            streamable_http_client(f"{url}gradio_api/mcp/") as (read, write, _),
            ClientSession(read, write) as client,
        ):
            await client.initialize()
            return await asked(client)

    return own_loop.run(session())


def call(url: str, tool: str, **arguments: object) -> Any:
    return ask(url, lambda client: client.call_tool(tool, arguments))


@pytest.fixture(scope="module")
def street(url: str) -> tuple[str, dict]:
    """The example's photo, by its address, and its instances."""
    image, address, instances = call(url, "example", name="street").content
    assert image.mimeType == "image/png"
    return address.text.removeprefix("Image URL: "), json.loads(instances.text)


def test_the_endpoints_are_the_tools_and_nothing_else_is(url: str) -> None:
    tools = ask(url, lambda client: client.list_tools()).tools
    assert [tool.name for tool in tools] == [endpoint.name for endpoint in ENDPOINTS]
    for tool, endpoint in zip(tools, ENDPOINTS, strict=True):
        assert tool.description.startswith(endpoint.description)
        assert list(tool.inputSchema["properties"]) == list(endpoint.takes)
        for name, schema in tool.inputSchema["properties"].items():
            assert schema["description"] == endpoint.notes[name]
            assert "type" in schema or "anyOf" in schema, name
        Draft202012Validator.check_schema(tool.inputSchema)


def test_complete_on_an_example(url: str, street: tuple[str, dict]) -> None:
    answer = call(url, "complete", photo=street[0], instances=street[1], object=0, samples=2)
    assert not answer.isError
    document, *pictures = answer.content
    Draft202012Validator(schemas.COMPLETIONS).validate(json.loads(document.text))
    assert [part.type for part in pictures] == ["image", "text"] * 4


def test_edit_of_a_photo_that_is_sent_along(url: str, street: tuple[str, dict]) -> None:
    data = base64.b64encode(png_bytes(photo())).decode()
    edits = [{"do": "delete", "object": 0}]
    arguments = {"instances": street[1], "edits": edits}
    answer = call(url, "edit", photo=f"data:image/png;base64,{data}", **arguments)
    assert [part.type for part in answer.content] == ["image", "text"]
    assert base64.b64decode(answer.content[0].data) != png_bytes(photo())


def test_errors_are_told(url: str, street: tuple[str, dict]) -> None:
    answer = call(url, "complete", photo=street[0], instances=street[1], object=7)
    assert answer.isError
    assert "from 0 to 1" in answer.content[0].text


def test_no_file_of_the_server_can_be_read(
    url: str, street: tuple[str, dict], tmp_path: Path
) -> None:
    """Not as a photo, and not as a file object that hides in another argument."""
    secret = tmp_path / "secret.png"
    secret.write_bytes(png_bytes(np.zeros((96, 160, 3), np.uint8)))
    file = {"path": str(secret), "meta": {"_type": "gradio.FileData"}}
    address = f"{url}gradio_api/file={secret}"
    for wrong in (str(secret), secret.as_uri(), address, "http://127.0.0.1:9/a.png", file):
        answer = call(url, "edit", photo=wrong, instances=street[1], edits=[])
        assert answer.isError, wrong
    hidden = {**street[1], "licenses": [file]}
    answer = call(url, "edit", photo=street[0], instances=hidden, edits=[])
    assert answer.isError
    assert "got a file object" in answer.content[0].text


def test_a_missing_package_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(AmodalError, match="pip install 'mcp"):
        programs(mcp=True)
