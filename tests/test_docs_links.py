"""What the pages point at is there: links, pictures, headings, files, modules."""

import importlib.util
import re
from pathlib import Path
from urllib.parse import unquote

import pytest
from PIL import Image

from tests.documents import PAGES, ROOT, anchor, commands, name, prose

LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
FILE = re.compile(r"`((?:[\w.-]+/)+[\w.-]*|[\w-]+\.(?:py|md|toml|txt|cff))`")
FOLDERS = ("amodal", "demo", "docs", "examples", "tests", "weights")
MODULE = re.compile(r"python(?:3[.\d]*)? -m ((?:amodal|demo|examples|tests)[\w.]*)")


def links(page):
    return [link for link in LINK.findall(prose(page)) if "://" not in link]


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_and_pictures_exist(page):
    for link in links(page):
        path, _, part = link.partition("#")
        target = (page.parent / unquote(path)).resolve() if path else page
        assert target.exists(), f"{name(page)} links to {link}"
        assert target.is_relative_to(ROOT), f"{name(page)} links out of the repository: {link}"
        if part:
            headings = re.findall(r"^#+ (.*)$", prose(target), re.MULTILINE)
            assert part in map(anchor, headings), f"{name(page)} links to {link}"


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_files_in_backticks_exist(page):
    for path in FILE.findall(prose(page)):
        if "NAME" in path:  # stands for one
            continue
        if path.partition("/")[0] in FOLDERS or path.endswith((".py", ".toml", ".cff")):
            places = (ROOT / path, page.parent / path, *ROOT.glob(f"amodal/*/{path}"))
            assert any(place.exists() for place in places), f"{name(page)} names {path}"


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_modules_exist_and_can_be_run(page):
    for module in MODULE.findall(page.read_text(encoding="utf-8")):
        spec = importlib.util.find_spec(module.rstrip("."))
        assert spec, f"{name(page)} names the module {module}"
        if spec.submodule_search_locations:
            spec = importlib.util.find_spec(f"{module}.__main__")
            assert spec, f"{name(page)} runs the package {module}"
        source = Path(spec.origin).read_text(encoding="utf-8")
        assert '__name__ == "__main__"' in source, module


def test_the_index_lists_every_page():
    index = ROOT / "docs" / "README.md"
    listed = {(index.parent / link.partition("#")[0]).resolve() for link in links(index)}
    assert {page for page in PAGES if page.parent == index.parent} - {index} <= listed


def test_every_picture_of_the_docs_is_shown_somewhere():
    shown = {(page.parent / link).resolve() for page in PAGES for link in links(page)}
    pictures = [p for p in (ROOT / "docs").iterdir() if p.suffix in (".jpg", ".png", ".webp")]
    assert len(pictures) > 5
    assert set(pictures) <= shown


def test_the_animated_picture_moves_and_is_light():
    path = ROOT / "docs" / "app.webp"
    with Image.open(path) as picture:
        assert picture.n_frames > 20
        assert 600 <= picture.width <= 1000
    assert path.stat().st_size < 2.5e6


def test_commands_are_found_at_all():
    assert len(commands()) > 60
