"""Every importer, with files that nobody should send."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from amodal.archive import pack, unpack
from amodal.data.coco import read_instances
from amodal.data.coco_write import write_instances
from amodal.data.mask_png import read_masks
from amodal.errors import AmodalError
from amodal.photo import load_photo
from amodal.project import Project, write_project
from amodal.project_read import read_project
from amodal.scene import Instance
from tests.abuse import corpus
from tests.abuse.junk import answer, fuzzed, junk
from tests.annotation_damage import spoilt
from tests.scenes import street

SOUND = {"PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "palette"}
PHOTOS = dict(corpus.photos())
ANNOTATIONS = dict(corpus.annotations())
ANNOTATION_FILES = dict(corpus.annotation_files())
PROJECT = write_project(Project("street", street()))
FILES = unpack(PROJECT)
DOCUMENT = json.loads(FILES["project.json"])
MASK = np.zeros((90, 120), bool)
MASK[20:60, 30:80] = True
MASKS = write_instances([Instance(MASK, "car", "car 1"), Instance(MASK, "person", "x")], "a.png")
MEMORY = 1_500_000_000  # bytes beside the program in which the whole corpus has to fit


@st.composite
def damaged(draw: st.DrawFn, data: bytes) -> bytes:
    """Some bytes changed, cut out or doubled."""
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, max(len(data) - 1, 0)))
        length = draw(st.integers(0, 40))
        kind = draw(st.sampled_from(["change", "change", "cut", "double", "end"]))
        part = data[place : place + length]
        if kind == "change":
            part = draw(st.binary(min_size=length, max_size=length))
        data = {
            "change": data[:place] + part + data[place + length :],
            "cut": data[:place] + data[place + length :],
            "double": data[:place] + part + data[place:],
            "end": data[:place],
        }[kind]
    return data


@pytest.mark.parametrize("name", PHOTOS)
def test_a_photo_is_read_or_refused(name: str) -> None:
    photo = answer(lambda: load_photo(PHOTOS[name]))
    assert (photo is not None) == (name in SOUND), name


@fuzzed
@given(st.sampled_from(sorted(SOUND)).flatmap(lambda name: damaged(PHOTOS[name])))
def test_a_damaged_photo_is_read_or_refused(data: bytes) -> None:
    photo = answer(lambda: load_photo(data))
    assert photo is None or (photo.dtype == np.uint8 and photo.shape[2] == 3)


def test_archives_are_refused_and_write_nothing(tmp_path: Path) -> None:
    before = set(Path("/tmp").glob("amodal*"))
    for name, data in corpus.archives():
        with pytest.raises(AmodalError) as caught:
            read_project(data)
        assert len(str(caught.value)) < 400, name
    assert set(Path("/tmp").glob("amodal*")) == before


@fuzzed
@given(damaged(PROJECT))
def test_a_damaged_project_is_read_or_refused(data: bytes) -> None:
    answer(lambda: read_project(data))


@fuzzed
@given(spoilt(DOCUMENT))
def test_a_project_with_other_values_is_read_or_refused(document: object) -> None:
    data = pack({**FILES, "project.json": json.dumps(document).encode()})
    project = answer(lambda: read_project(data))
    if project is not None:
        write_project(project)


@pytest.mark.parametrize("name", ANNOTATIONS)
def test_annotations_are_read_or_refused(name: str) -> None:
    found = answer(lambda: read_instances(ANNOTATIONS[name], 90, 120))
    assert (found is not None) == (name == "10^5 points")


@pytest.mark.parametrize("name", ANNOTATION_FILES)
def test_annotation_files_are_refused(name: str, tmp_path: Path) -> None:
    (tmp_path / "masks.json").write_bytes(ANNOTATION_FILES[name])
    assert answer(lambda: read_instances(tmp_path / "masks.json", 90, 120)) is None


@fuzzed
@given(spoilt(MASKS) | junk)
def test_other_annotations_are_read_or_refused(document: object) -> None:
    source = document if isinstance(document, dict | list) else [document]
    found = answer(lambda: read_instances(source, 90, 120))
    for instance in found or ():
        json.dumps(instance.name).encode()
        assert instance.modal.any()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One for all examples of a property."""
    return tmp_path_factory.mktemp("masks")


@fuzzed
@given(st.data())
def test_mask_pictures_are_read_or_refused(folder: Path, data: st.DataObject) -> None:
    sound = [PHOTOS["PNG"], PHOTOS["palette"], corpus.picture(mode="L"), corpus.picture(mode="1")]
    files = []
    for number in range(data.draw(st.integers(1, 3))):
        files.append(folder / f"car_{number}.png")
        files[-1].write_bytes(data.draw(damaged(data.draw(st.sampled_from(sound)))))
    answer(lambda: read_masks(files, 90, 120))


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs Linux")
@pytest.mark.skipif("AMODAL_FUZZ" not in os.environ, reason="takes half a minute: make fuzz")
def test_the_whole_corpus_fits_in_little_memory() -> None:
    """In a process of its own that gets no more than MEMORY."""
    script = f"""
import resource
from pathlib import Path
from amodal.data.coco import read_instances
from amodal.errors import AmodalError
from amodal.photo import load_photo
from amodal.project_read import read_project
from tests.abuse import corpus
pages = int(Path("/proc/self/statm").read_text().split()[0])
resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + {MEMORY},) * 2)
readers = [
    (corpus.photos(), load_photo),
    (corpus.archives(), read_project),
    (corpus.annotations(), lambda source: read_instances(source, 90, 120)),
]
for files, read in readers:
    for name, data in files:
        try:
            read(data)
        except AmodalError:
            pass
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
