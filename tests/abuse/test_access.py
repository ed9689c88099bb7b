"""`--auth` and `--root-path`: the real app behind a reverse proxy."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from gradio_client import Client, handle_file
from PIL import Image

from amodal.errors import AmodalError
from demo.access import read_logins
from tests.abuse.serve import proxied, watched

NAME, PASSWORD = "ann", "correct:horse"
EXAMPLE = "street_taxi_night"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("access")
    (folder / "logins").write_text(f"# who may come\n\n{NAME}:{PASSWORD}\nbob:b\n")
    app = watched(folder, "--root-path", "/demo", "--offline", AMODAL_AUTH=f"@{folder / 'logins'}")
    with app, proxied(app.url, "/demo") as shown:
        yield shown


def test_nothing_is_served_without_a_login(address: str) -> None:
    with httpx.Client(base_url=address, timeout=60, trust_env=False) as web:
        page = web.get("/")
        assert '"auth_required":true' in page.text.replace(" ", "")
        assert "Taxis at night" not in page.text
        for url in ("/config", "/gradio_api/info", "/gradio_api/openapi.json", "/monitoring"):
            assert web.get(url).status_code == 401, url
        for url in ("/gradio_api/file=/etc/passwd", "/gradio_api/queue/data?session_hash=x"):
            assert web.get(url).status_code == 401, url
        call = {"data": [EXAMPLE]}
        for url in ("call/example", "run/example", "call/v2/example"):
            assert web.post(f"/gradio_api/{url}", json=call).status_code == 401, url
        body = {"data": [], "fn_index": 0, "session_hash": "x"}
        assert web.post("/gradio_api/queue/join", json=body).status_code == 401
        files = {"files": ("a.png", b"x")}
        assert web.post("/gradio_api/upload", files=files).status_code == 401
        wrong = {"username": NAME, "password": "horse"}
        assert web.post("/login", data=wrong).status_code == 400


def test_behind_a_proxy_everything_works_with_a_login(address: str, tmp_path: Path) -> None:
    client = Client(
        f"{address}/",
        auth=(NAME, PASSWORD),
        verbose=False,
        download_files=tmp_path,
        analytics_enabled=False,
    )
    path, instances = client.predict(EXAMPLE, api_name="/example")
    photo = handle_file(path)
    assert instances["annotations"]
    picture = client.predict(photo, instances, [{"do": "delete", "object": 0}], api_name="/edit")
    assert Image.open(picture).size == Image.open(path).size


def test_the_page_of_a_subpath_names_its_own_files(address: str) -> None:
    with httpx.Client(timeout=60, trust_env=False) as web:
        login = {"username": NAME, "password": PASSWORD}
        assert web.post(f"{address}/login", data=login).json() == {"success": True}
        config = web.get(f"{address}/config").json()
        assert config["root"] == address
        assert config["username"] == NAME
        page = web.get(f"{address}/").text
        script = page.split("<script nonce", 1)[1].split('src="./assets/', 1)[1].split('"', 1)[0]
        assert web.get(f"{address}/assets/{script}").status_code == 200
        gallery = next(c for c in config["components"] if c["type"] == "gallery")
        thumbnail = gallery["props"]["value"][0]["image"]["url"]
        assert thumbnail.startswith(address)
        assert web.get(thumbnail).headers["content-type"].startswith("image/")


def test_logins_are_read_from_a_flag_or_a_file(tmp_path: Path) -> None:
    assert read_logins(None) is None
    assert read_logins("ann:a:b") == [("ann", "a:b")]
    (tmp_path / "logins").write_text("ann:a\n\n # no\nbob: b \n")
    assert read_logins(f"@{tmp_path / 'logins'}") == [("ann", "a"), ("bob", " b")]


@pytest.mark.parametrize("given", ["", "ann", "ann:", ":secret", "@nothing/here"])
def test_what_is_no_login_is_told_without_the_password(given: str) -> None:
    with pytest.raises(AmodalError, match=r"expected NAME:PASSWORD|Can't read") as caught:
        read_logins(given)
    assert "secret" not in str(caught.value)


def test_a_file_that_names_nobody_lets_nobody_in(tmp_path: Path) -> None:
    (tmp_path / "logins").write_text("# nobody\n")
    with pytest.raises(AmodalError, match="names nobody"):
        read_logins(f"@{tmp_path / 'logins'}")
