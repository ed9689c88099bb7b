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
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image

from demo.handlers import Handlers
from demo.ui import build, look
from tests.demo_parts import HEIGHT, WIDTH, examples, offline_pipeline, photo

ENDPOINTS = {"/example", "/segment", "/complete", "/edit", "/layers"}


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The app's address."""
    folder = tmp_path_factory.mktemp("app")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_TEMP_DIR", str(folder / "gradio"))
        patch.setenv("NO_PROXY", "127.0.0.1,localhost")
        page = build(Handlers(offline_pipeline(folder / "cache"), examples(folder / "examples")))
        _, address, _ = page.launch(
            prevent_thread_lock=True, quiet=True, server_name="127.0.0.1", **look()
        )
        yield address
        page.close()


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


def edited(client: Client, street: tuple[object, dict], edits: list) -> np.ndarray:
    return np.asarray(Image.open(client.predict(*street, edits, api_name="/edit")))


def test_the_endpoints_are_named_and_nothing_else_is_public(client: Client) -> None:
    named = client.view_api(return_format="dict", print_info=False)["named_endpoints"]
    assert set(named) == ENDPOINTS
    names = [part["parameter_name"] for part in named["/complete"]["parameters"]]
    asked = ["photo", "instances", "index", "samples", "seed", "temperature"]
    assert names == [*asked, "inside", "outside", "absent"]


def test_complete(client: Client, street: tuple[object, dict]) -> None:
    document, pictures = client.predict(*street, 0, 4, 0, 1.0, api_name="/complete")
    annotation = document["annotations"][0]
    assert annotation["category"] == "car"
    assert len(annotation["samples"]) == 4
    assert annotation["area"] >= sum(photo()[:, :, 0].ravel() == 200), "whole, so not smaller"
    assert len(pictures) == 6, "mode, four samples, probability"
    again, _ = client.predict(*street, 0, 4, 0, 1.0, api_name="/complete")
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
        ({"inside": [[1]]}, "Points"),
        ({"outside": [[40, 60]]}, "visible part"),
        ({"absent": [[1, 2, 3]]}, r"\[x0, y0, x1, y1\]"),
        ({"absent": 5}, "Absent"),
    ):
        with pytest.raises(AppError, match=message):
            client.predict(*street, *settings, **wrong, api_name="/complete")


def test_segment_gives_what_complete_takes(client: Client, street: tuple[object, dict]) -> None:
    found = client.predict(street[0], None, None, [64, 14, 100, 94], api_name="/segment")
    assert sum(found["info"]["classes"].values()) == pytest.approx(1)
    document, _ = client.predict(street[0], found, 0, 2, 0, 1.0, api_name="/complete")
    assert document["annotations"][0]["visible_iou"] > 0
    found = client.predict(street[0], [[80, 50]], [True], None, api_name="/segment")
    assert found["annotations"][0]["area"] > 0


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


def test_layers(client: Client, street: tuple[object, dict]) -> None:
    data = Path(client.predict(*street, [], api_name="/layers")).read_bytes()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert len(json.loads(archive.read("layers.json"))["layers"]) == 2


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        ({"do": "explode", "object": 0}, "explode"),
        ({"do": "delete", "object": 2}, "from 0 to 1"),
        ({"do": "delete"}, "None"),
        ({"do": "move", "object": 0, "dx": "far"}, "dx"),
        ({"do": "choose", "object": 0, "shape": 21}, "from 0 to 20|0 to 20"),
        ("delete", "list"),
    ],
)
def test_wrong_edits_are_told(
    client: Client, street: tuple[object, dict], edit: object, message: str
) -> None:
    with pytest.raises(AppError, match=message):
        edited(client, street, [edit])


def test_wrong_arguments_are_told(
    client: Client, street: tuple[object, dict], tmp_path: Path
) -> None:
    with pytest.raises(AppError, match="street"):
        client.predict("moon", api_name="/example")
    with pytest.raises(AppError, match="Instances"):
        client.predict(street[0], 5, 0, 4, 0, 1.0, api_name="/complete")
    with pytest.raises(AppError, match=r"\[x0, y0, x1, y1\]"):
        client.predict(street[0], None, None, [1, 2, 3], api_name="/segment")
    (tmp_path / "no.png").write_text("this is no picture")
    with pytest.raises(AppError, match=r"no\.png"):
        client.predict(handle_file(tmp_path / "no.png"), None, None, None, api_name="/segment")


def test_a_photo_that_was_not_uploaded_is_refused(url: str) -> None:
    """A program may not have the server read the server's own files."""
    photo_of_server = {"path": "/etc/hostname", "meta": {"_type": "gradio.FileData"}}
    call = f"{url}gradio_api/call/segment"
    event = httpx.post(call, json={"data": [photo_of_server, None, None, [1, 2, 3, 4]]}).json()
    answer = httpx.get(f"{call}/{event['event_id']}", timeout=60).text
    assert "event: error" in answer
