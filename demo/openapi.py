"""The OpenAPI description of the named endpoints. Gradio's own leaves out the results' types.

python -m demo.openapi     prints it, as docs/openapi.json has it
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from demo import api_schema as schemas
from demo.access import may_enter
from demo.api_endpoints import ENDPOINTS, EXAMPLES, Endpoint
from demo.api_schema import API_VERSION, TEXT, Schema, array, optional, record

PREFIX = "/gradio_api"
PATHS = ("/openapi.json", f"{PREFIX}/openapi.json")  # where it is served
ABOUT = """
A call takes two requests: POST the arguments to get an `event_id`, then GET the event stream of
this id. The stream's last event is `complete`, whose data is the JSON list of the results in their
order, or `error`, whose data says why; `heartbeat` events may come before it.

A photo is uploaded first. Files in the results have a `url` from which they can be fetched.
"""
NAMED: Mapping[str, Schema] = {
    "Uploaded": schemas.UPLOADED,
    "File": schemas.FILE,
    "Coco": schemas.COCO,
    "Instances": schemas.INSTANCES,
    "Completions": schemas.COMPLETIONS,
    "Edits": schemas.EDITS,
    "Version": schemas.VERSION,
    "Event": {"type": "object", "properties": {"event_id": TEXT}, "required": ["event_id"]},
    "Error": {"type": "object", "properties": {"error": optional(TEXT)}, "required": ["error"]},
}


def describe() -> dict[str, Any]:
    """The document, as plain JSON."""
    paths = {f"{PREFIX}/upload": {"post": _upload()}}
    for endpoint in ENDPOINTS:
        call = f"{PREFIX}/call/v2/{endpoint.name}"
        paths[call] = {"post": _call(endpoint)}
        paths[f"{call}/{{event_id}}"] = {"get": _results(endpoint)}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Amodal-VAE",
            "description": ABOUT.strip(),
            "version": str(API_VERSION),
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "."}],
        "paths": paths,
        "components": {"schemas": dict(NAMED)},
    }


def routes() -> list[Route]:
    """Where a running app serves the document, in place of Gradio's and FastAPI's own."""
    return [Route(path, _serve, methods=["GET"]) for path in PATHS]


async def _serve(request: Request) -> JSONResponse:
    if not may_enter(request):
        return JSONResponse({"detail": "Not authenticated"}, 401)
    # Seen from .../gradio_api/openapi.json, the app's root is one folder up.
    root = ".." if request.url.path.endswith(PATHS[1]) else "."
    return JSONResponse({**describe(), "servers": [{"url": root}]})


def _upload() -> dict[str, Any]:
    files = array({"type": "string", "format": "binary"})
    form = {"schema": record({"files": files})}
    return {
        "operationId": "upload",
        "summary": "Upload photos; a call names a photo by the path that this gives.",
        "requestBody": {"required": True, "content": {"multipart/form-data": form}},
        "responses": {"200": _json("The files' paths, in their order.", array(TEXT))},
    }


def _call(endpoint: Endpoint) -> dict[str, Any]:
    properties = {name: _argument(endpoint, name) for name in endpoint.takes}
    body = {
        "type": "object",
        "properties": properties,
        "required": [name for name in endpoint.takes if name not in endpoint.defaults],
        "additionalProperties": False,
    }
    examples = {name: EXAMPLES[name] for name in body["required"]}
    return {
        "operationId": endpoint.name,
        "summary": endpoint.description,
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": body, "example": examples}},
        },
        "responses": {"200": _json("The call has joined the queue.", _ref(NAMED["Event"]))},
    }


def _results(endpoint: Endpoint) -> dict[str, Any]:
    results = [
        {**_ref(schema), "description": endpoint.notes[name]}
        for name, schema in endpoint.gives.items()
    ]
    complete = {
        "type": "array",
        "prefixItems": results,
        "minItems": len(results),
        "maxItems": len(results),
    }
    events = {
        "type": "string",
        "description": "Server-sent events. The data of `complete` and of `error` is JSON.",
        "contentMediaType": "application/json",
        "contentSchema": {"oneOf": [complete, _ref(NAMED["Error"])]},
    }
    path = {"name": "event_id", "in": "path", "required": True, "schema": TEXT}
    return {
        "operationId": f"{endpoint.name}_results",
        "summary": f"The results of {endpoint.name}: {', '.join(endpoint.gives)}.",
        "parameters": [path],
        "responses": {
            "200": {"description": "Events.", "content": {"text/event-stream": {"schema": events}}}
        },
    }


def _argument(endpoint: Endpoint, name: str) -> dict[str, Any]:
    schema = {**_ref(endpoint.takes[name]), "description": endpoint.notes[name]}
    default = endpoint.defaults.get(name)
    return schema if default is None else {**schema, "default": default}


def _json(description: str, schema: Schema) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _ref(schema: Schema) -> Schema:
    for name, known in NAMED.items():
        if schema == known:
            return {"$ref": f"#/components/schemas/{name}"}
    return schema


def text() -> str:
    """The document as the text of docs/openapi.json."""
    return json.dumps(describe(), indent=1) + "\n"


if __name__ == "__main__":
    print(text(), end="")
