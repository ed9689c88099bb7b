"""The OpenAPI description: valid, complete, stable, and enough to make a call."""

from __future__ import annotations

import hashlib
import inspect
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from PIL import Image

from amodal.export import png_bytes
from demo import openapi
from demo.api import Api
from demo.api_endpoints import ENDPOINTS, EXAMPLES
from demo.api_schema import API_VERSION
from tests.api_app import serve
from tests.demo_parts import HEIGHT, WIDTH, photo

ROOT = Path(__file__).parents[1]
PROSE = ("summary", "description", "example")
# Of the description without its version and its prose. Another one means that a program which was
# written for the last version may fail: raise API_VERSION and add a line here.
DIGESTS = {1: "1ecf0dd7cdf3cbc3"}


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serve(tmp_path_factory.mktemp("app")) as address:
        yield address


def test_it_is_valid() -> None:
    errors = OpenAPIV31SpecValidator(openapi.describe()).iter_errors()
    assert [error.message for error in errors] == []


def test_the_committed_one_is_the_served_one(url: str) -> None:
    committed = (ROOT / "docs" / "openapi.json").read_text()
    assert committed == openapi.text(), "run: python -m demo.openapi > docs/openapi.json"
    for path, root in (("openapi.json", "."), ("gradio_api/openapi.json", "..")):
        served = httpx.get(url + path).json()
        assert served == {**json.loads(committed), "servers": [{"url": root}]}


def bare(schema: Any) -> Any:
    """The description without what is only for people."""
    if isinstance(schema, list):
        return [bare(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {key: bare(value) for key, value in schema.items() if key not in PROSE}


def test_no_change_without_a_new_version() -> None:
    document = bare(openapi.describe())
    del document["info"]["version"]
    text = json.dumps(document, sort_keys=True).encode()
    assert hashlib.sha256(text).hexdigest()[:16] == DIGESTS[API_VERSION]
    assert max(DIGESTS) == API_VERSION


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)
def test_types_and_notes_are_complete(endpoint: object) -> None:
    parameters = list(inspect.signature(getattr(Api, endpoint.name)).parameters)
    assert list(endpoint.takes) == parameters[1:], "all but self, in their order"
    for name in (*endpoint.takes, *endpoint.gives):
        assert len(endpoint.notes.get(name, "")) > 8, name
    for name, schema in endpoint.takes.items():
        if name in EXAMPLES:
            Draft202012Validator(schema).validate(EXAMPLES[name])
        elif endpoint.defaults[name] is not None:
            Draft202012Validator(schema).validate(endpoint.defaults[name])


class Described:
    """A client that knows nothing but the description."""

    def __init__(self, url: str) -> None:
        self.document = httpx.get(url + "openapi.json").json()
        self.root = httpx.URL(url).join(self.document["servers"][0]["url"])
        self.paths = {
            action["operationId"]: path
            for path, item in self.document["paths"].items()
            for action in item.values()
        }

    def address(self, operation: str) -> httpx.URL:
        return self.root.join(self.paths[operation].lstrip("/"))

    def upload(self, data: bytes) -> dict:
        answer = httpx.post(self.address("upload"), files={"files": ("street.png", data)})
        return {"path": answer.json()[0], "meta": {"_type": "gradio.FileData"}}

    def call(self, operation: str, **arguments: object) -> tuple[str, object]:
        """The last event and its data, both as described."""
        self.check(self.post(operation)["requestBody"]["content"]["application/json"], arguments)
        event = httpx.post(self.address(operation), json=arguments).json()
        self.check(self.post(operation)["responses"]["200"]["content"]["application/json"], event)
        path = str(self.address(f"{operation}_results"))
        path = path.replace("%7Bevent_id%7D", event["event_id"])
        lines = httpx.get(path, timeout=60).text.strip().splitlines()
        kind, data = lines[-2].removeprefix("event: "), json.loads(lines[-1].removeprefix("data: "))
        results = self.document["paths"][self.paths[f"{operation}_results"]]["get"]
        stream = results["responses"]["200"]["content"]["text/event-stream"]["schema"]
        self.check({"schema": stream["contentSchema"]}, data)
        return kind, data

    def post(self, operation: str) -> dict:
        return self.document["paths"][self.paths[operation]]["post"]

    def check(self, media: dict, value: object) -> None:
        schema = {**media["schema"], "components": self.document["components"]}
        Draft202012Validator(schema).validate(value)


def test_calls_made_from_the_description_alone(url: str) -> None:
    client = Described(url)
    kind, (version,) = client.call("version")
    assert kind == "complete"
    _, (_, instances) = client.call("example", name=version["examples"][0])
    street = client.upload(png_bytes(photo()))
    _, (completions, pictures) = client.call(
        "complete", photo=street, instances=instances, object=0, samples=2
    )
    assert len(completions["annotations"][0]["samples"]) == 2
    assert len(pictures) == 4
    edits = [{"do": "delete", "object": 1}]
    _, (picture,) = client.call("edit", photo=street, instances=instances, edits=edits)
    shown = np.asarray(Image.open(io.BytesIO(httpx.get(picture["url"]).content)))
    assert shown.shape == (HEIGHT, WIDTH, 3)
    assert not np.array_equal(shown, photo())


def test_an_error_is_described_too(url: str) -> None:
    client = Described(url)
    kind, answer = client.call("example", name="moon")
    assert kind == "error"
    assert "expected one of street" in answer["error"]
