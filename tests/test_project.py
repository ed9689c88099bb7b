"""Projects: what is written is read again, and nothing else is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from amodal.classes import CLASSES
from amodal.decompose import Decomposer
from amodal.errors import AmodalError
from amodal.geometry import Box, tight_box
from amodal.inpaint.opencv import OpenCV
from amodal.layers import LayeredScene
from amodal.margins import Margins
from amodal.project import Project, is_title, write_project
from amodal.project_read import read_project
from tests.scenes import edits, random_scenes, street, turned_look

NAMES = st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=8)
DECOMPOSER = Decomposer(OpenCV(size=64))


@st.composite
def documents(draw: st.DrawFn) -> Project:
    """Random scenes with everything that a project has to keep."""
    scene = draw(edits(draw(random_scenes())))
    share = st.floats(0, 0.5)
    scene = scene.with_margins(Margins(draw(share), draw(share)))
    layers = []
    for layer in scene.layers:
        modal = layer.instance.modal
        box = draw(st.none() | st.just(Box(*(float(edge) for edge in tight_box(modal)))))
        name, category = draw(NAMES), draw(st.sampled_from(CLASSES))
        instance = replace(layer.instance, name=name, category=category, box=box)
        turned = draw(st.none() | st.just(turned_look(layer)))
        layers.append(replace(layer, instance=instance, turned=turned))
    notes = draw(st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=5)))
    title = draw(st.text(max_size=20).filter(is_title))
    return Project(title, replace(scene, layers=tuple(layers)), notes)


def picture_of(scene: LayeredScene) -> np.ndarray:
    return DECOMPOSER.render(scene)[0]


@given(documents())
@settings(max_examples=60, deadline=None)
def test_what_is_written_is_read_again(project: Project) -> None:
    data = write_project(project)
    again = read_project(data)
    before, after = project.scene, again.scene
    assert (again.title, again.notes) == (project.title, project.notes)
    assert np.array_equal(after.photo, before.photo)
    assert (after.depth, after.margins) == (before.depth, before.margins)
    for one, other in zip(before.layers, after.layers, strict=True):
        assert one.id == other.id
        assert one.placement == other.placement
        assert np.array_equal(one.instance.modal, other.instance.modal)
        for key in ("name", "category", "box"):
            assert getattr(one.instance, key) == getattr(other.instance, key)
        assert np.array_equal(one.completion.mask, other.completion.mask)
        for key in ("x0", "y0", "visible_iou"):
            assert getattr(one.completion, key) == getattr(other.completion, key)
        assert (one.turned is None) == (other.turned is None)
    assert write_project(again) == data


@given(documents())
@settings(max_examples=40, deadline=None)
def test_the_picture_is_the_same_after_opening(project: Project) -> None:
    try:
        picture, painted = DECOMPOSER.render(project.scene)
    except AmodalError:
        return  # the removed objects cover the whole photo
    # What was painted on the way is not in the file, and is not missed.
    again = read_project(write_project(replace(project, scene=painted))).scene
    assert all(layer.appearance is None for layer in again.layers)
    assert again.patches == {}
    assert np.array_equal(picture_of(again), picture)
    assert np.array_equal(picture_of(again.reset()), project.scene.photo)


def test_equal_scenes_give_equal_bytes_whatever_was_painted() -> None:
    plain = street().delete("object-2").move("object-1", 3.5, 0)
    painted = DECOMPOSER.render(street().delete("object-2").move("object-1", 3.5, 0))[1]
    assert write_project(Project("a", plain)) == write_project(Project("a", painted))
    assert write_project(Project("a", plain)) != write_project(Project("a", street()))


def test_edits_go_on_after_opening(tmp_path: Path) -> None:
    path = tmp_path / "street.zip"
    path.write_bytes(write_project(Project("street", street().move("object-3", 5, 0))))
    again = read_project(path).scene.delete("object-2")
    expected = street().move("object-3", 5, 0).delete("object-2")
    assert np.array_equal(picture_of(again), picture_of(expected))
