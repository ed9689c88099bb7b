"""The named endpoints, as a program calls them: gradio_client over HTTP, no session."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest
from gradio import processing_utils
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from jsonschema import Draft202012Validator
from PIL import Image

from amodal.data.coco import read_instances
from amodal.export import png_bytes
from amodal.project import FORMAT
from amodal.project_read import read_project
from demo import api_schema as schemas
from demo.notes import session_of
from demo.session import Session
from tests.api_app import serve
from tests.demo_parts import HEIGHT, WIDTH, photo
from tests.web_server import WebServer

ENDPOINTS = {"/version", "/example", "/segment", "/detect", "/complete", "/edit", "/export"}
SETTINGS = (0, 4, 0, 1.0)  # object, samples, seed, temperature


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The app's address."""
    with serve(tmp_path_factory.mktemp("app")) as address:
        yield address


@pytest.fixture(scope="module")
def client(url: str, tmp_path_factory: pytest.TempPathFactory) -> Client:
    downloads = tmp_path_factory.mktemp("downloads")
    return Client(url, verbose=False, download_files=downloads, analytics_enabled=False)


@pytest.fixture(scope="module")
def street(client: Client) -> tuple[object, dict]:
    """The example's photo, ready to be sent, and its instances."""
    path, instances = client.predict("street", api_name="/example")
    assert np.array_equal(np.asarray(Image.open(path)), photo())
    return handle_file(path), instances


def fits(document: object, schema: schemas.Schema) -> None:
    Draft202012Validator(schema).validate(document)


def edited(client: Client, street: tuple[object, dict], edits: list) -> np.ndarray:
    return np.asarray(Image.open(client.predict(*street, edits, api_name="/edit")))


def test_the_endpoints_are_named_and_nothing_else_is_public(client: Client) -> None:
    named = client.view_api(return_format="dict", print_info=False)["named_endpoints"]
    assert set(named) == ENDPOINTS
    names = [part["parameter_name"] for part in named["/complete"]["parameters"]]
    asked = ["photo", "instances", "object", "samples", "seed", "temperature"]
    assert names == [*asked, "inside", "outside", "absent"]


def test_every_argument_has_a_type_and_says_what_it_is(client: Client) -> None:
    named = client.view_api(return_format="dict", print_info=False)["named_endpoints"]
    for name, endpoint in named.items():
        assert endpoint["description"], name
        for part in (*endpoint["parameters"], *endpoint["returns"]):
            kind = part["python_type"]
            assert kind["type"] not in ("Any", "str | float | bool | list | dict"), part["label"]
            if part["component"] == "Api" or part in endpoint["parameters"]:
                assert len(kind["description"]) > 8, (name, part["label"])


def test_version(client: Client) -> None:
    document = client.predict(api_name="/version")
    fits(document, schemas.VERSION)
    assert document["examples"] == ["street"]
    weights = {item["name"]: item for item in document["weights"]}
    assert weights["mobile-sam"]["source"].startswith("dhkim2810/MobileSAM@")
    assert document["model"]["size"] == 32, "the tests' tiny network, not the bundled one"


def test_complete(client: Client, street: tuple[object, dict]) -> None:
    document, pictures = client.predict(*street, *SETTINGS, api_name="/complete")
    fits(document, schemas.COMPLETIONS)
    annotation = document["annotations"][0]
    assert annotation["category"] == "car"
    assert len(annotation["samples"]) == 4
    assert annotation["area"] >= sum(photo()[:, :, 0].ravel() == 200), "whole, so not smaller"
    assert len(pictures) == 6, "mode, four samples, probability"
    again, _ = client.predict(*street, *SETTINGS, api_name="/complete")
    assert again == document, "equal seeds give equal shapes"


def test_complete_with_evidence(client: Client, street: tuple[object, dict]) -> None:
    settings = (0, 8, 0, 1.0)
    plain, _ = client.predict(*street, *settings, api_name="/complete")
    given, _ = client.predict(
        *street, *settings, inside=[[45.5, 88.5]], absent=[[0, 0, 160, 30]], api_name="/complete"
    )
    assert plain["info"]["support"] == 1
    assert 0 <= given["info"]["support"] <= 1
    assert given["annotations"][0]["bbox"] != plain["annotations"][0]["bbox"]
    for wrong, message in (
        ({"inside": [[1]]}, "`inside`"),
        ({"outside": [[40, 60]]}, "visible part"),
        ({"absent": [[1, 2, 3]]}, r"\[x0, y0, x1, y1\]"),
        ({"absent": 5}, "`absent`"),
        ({"samples": 33}, "from 1 to 32"),
        ({"seed": -1}, "`seed`"),
        ({"temperature": "hot"}, "`temperature`"),
        ({"object": 2}, "from 0 to 1"),
    ):
        with pytest.raises(AppError, match=message):
            client.predict(*street, **{"object": 0, **wrong}, api_name="/complete")


def test_segment_gives_what_complete_takes(client: Client, street: tuple[object, dict]) -> None:
    found = client.predict(street[0], box=[64, 14, 100, 94], api_name="/segment")
    fits(found, schemas.INSTANCES)
    assert sum(found["info"]["classes"].values()) == pytest.approx(1)
    document, _ = client.predict(street[0], found, 0, 2, 0, 1.0, api_name="/complete")
    assert document["annotations"][0]["visible_iou"] > 0
    found = client.predict(street[0], [[80, 50]], [True], None, api_name="/segment")
    assert found["annotations"][0]["area"] > 0
    with pytest.raises(AppError, match="each of the 1 points"):
        client.predict(street[0], [[80, 50]], [True, False], api_name="/segment")


def test_detect_gives_what_complete_takes(client: Client, street: tuple[object, dict]) -> None:
    found = client.predict(street[0], api_name="/detect")
    fits(found, schemas.INSTANCES)
    names = {annotation["name"] for annotation in found["annotations"]}
    assert names == {"car 1", "person 1"}
    scores = [annotation["score"] for annotation in found["annotations"]]
    assert scores == sorted(scores, reverse=True)
    document, _ = client.predict(street[0], found, 0, 2, 0, 1.0, api_name="/complete")
    fits(document, schemas.COMPLETIONS)
    cars = client.predict(street[0], 0.5, ["car"], api_name="/detect")
    assert {annotation["category"] for annotation in cars["annotations"]} == {"car"}


def test_detect_may_find_nothing(client: Client, street: tuple[object, dict]) -> None:
    found = client.predict(street[0], categories=["tram"], api_name="/detect")
    fits(found, schemas.INSTANCES)
    assert found["annotations"] == []
    for wrong, message in (({"score": 2}, "from 0 to 1"), ({"categories": ["dog"]}, "motorcycle")):
        with pytest.raises(AppError, match=message):
            client.predict(street[0], **wrong, api_name="/detect")


def test_no_edits_give_the_photo(client: Client, street: tuple[object, dict]) -> None:
    assert np.array_equal(edited(client, street, []), photo())


def test_edits_are_applied_in_order(client: Client, street: tuple[object, dict]) -> None:
    deleted = edited(client, street, [{"do": "delete", "object": 0}])
    assert deleted.shape == (HEIGHT, WIDTH, 3)
    assert not np.array_equal(deleted, photo())
    assert np.array_equal(deleted[:, 120:], photo()[:, 120:])
    back = edited(client, street, [{"do": "delete", "object": 0}, {"do": "put_back", "object": 0}])
    assert np.array_equal(back, photo())
    several = [
        {"do": "choose", "object": 0, "shape": 2, "samples": 3},
        {"do": "move", "object": 0, "dx": 40, "dy": 0},
        {"do": "scale", "object": 0, "factor": 0.5},
        {"do": "flip", "object": 0},
        {"do": "bring_forward", "object": 0},
        {"do": "send_back", "object": 0},
    ]
    assert edited(client, street, several).shape == (HEIGHT, WIDTH, 3)


def exported(client: Client, street: tuple[object, dict], form: str) -> Path:
    """The car moved and the person deleted, as a file."""
    edits = [{"do": "move", "object": 0, "dx": 9, "dy": 0}, {"do": "delete", "object": 1}]
    fits(edits, schemas.EDITS)
    return Path(client.predict(*street, edits, form, api_name="/export"))


def test_export_layers(client: Client, street: tuple[object, dict]) -> None:
    with zipfile.ZipFile(exported(client, street, "layers")) as archive:
        layers = json.loads(archive.read("layers.json"))["layers"]
    assert [layer["placement"]["visible"] for layer in layers] == [True, False]


def test_export_masks(client: Client, street: tuple[object, dict]) -> None:
    document = json.loads(exported(client, street, "masks").read_bytes())
    fits(document, schemas.COMPLETIONS)
    sent = read_instances(street[1], HEIGHT, WIDTH)
    again = read_instances(document, HEIGHT, WIDTH)
    assert all(np.array_equal(a.modal, b.modal) for a, b in zip(sent, again, strict=True))


def test_export_openraster(client: Client, street: tuple[object, dict]) -> None:
    path = exported(client, street, "openraster")
    assert path.suffix == ".ora"
    with zipfile.ZipFile(path) as archive:
        merged = Image.open(io.BytesIO(archive.read("mergedimage.png")))
    assert merged.size == (WIDTH, HEIGHT)


def test_export_project_opens_in_the_app(client: Client, street: tuple[object, dict]) -> None:
    path = exported(client, street, "project")
    with zipfile.ZipFile(path) as archive:
        assert json.loads(archive.read("project.json"))["format"] == FORMAT
    session = session_of(read_project(path), Session())
    assert session.scene.layer("object-1").placement.dx == 9
    assert not session.scene.layer("object-2").placement.visible


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        ({"do": "explode", "object": 0}, "explode"),
        ({"do": "delete", "object": 2}, "from 0 to 1"),
        ({"do": "delete"}, "`object` is missing"),
        ({"object": 0}, "`do` is missing"),
        ({"do": "delete", "object": True}, "`object`"),
        ({"do": "delete", "object": 0, "dx": 3}, "`dx` is no key of delete"),
        ({"do": "move", "object": 0, "dx": "far", "dy": 0}, "`dx`"),
        ({"do": "move", "object": 0, "dx": 3}, "`dy` is missing"),
        ({"do": "choose", "object": 0, "shape": 21}, "from 0 to 20"),
        ("delete", "expected an object"),
    ],
)
def test_wrong_edits_are_told(
    client: Client, street: tuple[object, dict], edit: object, message: str
) -> None:
    with pytest.raises(AppError, match=f"Edit 2.*{message}"):
        edited(client, street, [{"do": "flip", "object": 0}, edit])


def test_the_schema_refuses_what_the_endpoint_refuses() -> None:
    check = Draft202012Validator(schemas.EDITS)
    for edit in (
        {"do": "explode", "object": 0},
        {"do": "delete"},
        {"do": "delete", "object": 0, "dx": 3},
        {"do": "move", "object": 0, "dx": 3},
        "delete",
    ):
        assert not check.is_valid([edit]), edit


def test_wrong_arguments_are_told(
    client: Client, street: tuple[object, dict], tmp_path: Path
) -> None:
    with pytest.raises(AppError, match="street"):
        client.predict("moon", api_name="/example")
    with pytest.raises(AppError, match="Instances"):
        client.predict(street[0], 5, 0, api_name="/complete")
    with pytest.raises(AppError, match="Edits: got 'delete'"):
        client.predict(*street, "delete", api_name="/edit")
    with pytest.raises(AppError, match="at most 256"):
        client.predict(*street, [{"do": "flip", "object": 0}] * 257, api_name="/edit")
    with pytest.raises(AppError, match="openraster"):
        client.predict(*street, [], "psd", api_name="/export")
    with pytest.raises(AppError, match=r"\[x0, y0, x1, y1\]"):
        client.predict(street[0], None, None, [1, 2, 3], api_name="/segment")
    (tmp_path / "no.png").write_text("this is no picture")
    with pytest.raises(AppError, match=r"no\.png"):
        client.predict(handle_file(tmp_path / "no.png"), None, None, None, api_name="/segment")


def refusal(url: str, path: str) -> str:
    """What /segment says to a photo at this path or address."""
    file = {"path": path, "meta": {"_type": "gradio.FileData"}}
    call = f"{url}gradio_api/call/segment"
    event = httpx.post(call, json={"data": [file, None, None, [1, 2, 3, 4]]}).json()
    answer = httpx.get(f"{call}/{event['event_id']}", timeout=60).text
    assert "event: error" in answer
    return answer


def test_a_photo_that_was_not_uploaded_is_refused(url: str) -> None:
    """A program may not have the server read the server's own files."""
    assert "/etc/hostname" not in refusal(url, "/etc/hostname")
    for path in ("/etc/hostname", "%2Fetc%2Fhostname", "../../../../etc/hostname"):
        assert "not fetched" in refusal(url, f"{url}gradio_api/file={path}")


def test_the_server_fetches_no_address(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither for a photo nor to pass it on: a request could hold the queue as long as it likes."""
    monkeypatch.setattr(processing_utils, "PUBLIC_HOSTNAME_WHITELIST", ["127.0.0.1"])
    with WebServer("/photo.png", png_bytes(photo())) as web:
        assert "not fetched" in refusal(url, f"{web.url}/photo.png")
        assert web.asked == []
    for public in ("http://93.184.215.14/photo.png", "https://example.com/photo.png"):
        assert "not fetched" in refusal(url, public)
        assert httpx.get(f"{url}gradio_api/file={public}").status_code == 403


def test_a_file_that_the_app_keeps_may_be_named_by_its_address(client: Client, url: str) -> None:
    _, instances = client.predict("street", api_name="/example")
    kept = httpx.post(f"{url}gradio_api/call/example", json={"data": ["street"]}).json()
    events = httpx.get(f"{url}gradio_api/call/example/{kept['event_id']}").text
    (file, _) = json.loads(events.split("data: ")[-1])
    picture = client.predict(handle_file(file["url"]), instances, [], api_name="/edit")
    assert np.array_equal(np.asarray(Image.open(picture)), photo())


def test_there_is_no_mcp_server_unless_asked_for(url: str) -> None:
    assert httpx.post(f"{url}gradio_api/mcp/", json={}).status_code in (404, 405)
