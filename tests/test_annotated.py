"""From annotated photos to what is trained on and to the protocols "annotated" and "simulated"."""

import numpy as np
import pytest

from amodal.data import sources
from amodal.data.annotated import Skipped
from amodal.data.sources import gather
from amodal.errors import AmodalError
from amodal.evaluation import annotated
from amodal.evaluation.protocols import DATA_SETS
from amodal.geometry import tight_box
from amodal.training.partial import partial_masks
from tests import annotation_files as files

WRITERS = {
    "kins": files.write_kins,
    "kins-2020": lambda root: files.write_kins(root, "2020"),
    "cocoa": files.write_cocoa,
    "cocoa-cls": files.write_cocoa_cls,
    "cityscapes": files.write_cityscapes,
    "cityscapes-merged": files.write_cityscapes,
}
DRAWN_WHOLE = ("kins", "kins-2020", "cocoa", "cocoa-cls")


@pytest.fixture(scope="module")
def roots(tmp_path_factory):
    return {name: write(tmp_path_factory.mktemp(name)) for name, write in WRITERS.items()}


def test_every_source_is_tested():
    assert set(WRITERS) | {"kitti-mots"} == set(sources.SOURCES)


@pytest.mark.parametrize("name", WRITERS)
def test_whole_masks_are_the_unhidden_ones(roots, name):
    masks = sources.read(name, roots[name])
    assert not masks.skipped.counts
    # Of five objects a photo three are whole; in Cityscapes' street a pole hides one, and one more
    # is there.
    assert len(masks.shapes) == 9
    assert {shape.category for shape in masks.shapes} == {"car", "person"}
    for shape in masks.shapes:
        assert tight_box(shape.mask) == (0, 0, shape.mask.shape[1], shape.mask.shape[0])
        wide = shape.mask.shape[1] > shape.mask.shape[0]
        assert wide == (shape.category == "car")
    assert len({shape.track for shape in masks.shapes}) == 9


@pytest.mark.parametrize("name", WRITERS)
def test_partial_masks_know_the_visible_part(roots, name):
    partials = partial_masks(sources.read(name, roots[name]).items, 64)
    assert {partial.category for partial in partials} == {"car", "person"}
    assert len(partials) == (18 if name.startswith("cityscapes") else 15)
    for partial in partials:
        assert (partial.seen > 250).any()
        assert ((partial.seen > 250) & (partial.known < 5)).sum() == 0  # what is seen is known


def test_what_is_behind_is_known_where_the_depth_is(roots):
    """The front walker: the car behind it hides nothing in Cityscapes, may do so in KINS."""
    unknown = {}
    for name in ("kins", "cityscapes"):
        items = [item for item in sources.read(name, roots[name]).items if item.sequence == 0]
        partials = {partial.track: partial for partial in partial_masks(items, 64)}
        walker = next(item for item in items if item.category == "person")
        unknown[name] = (partials[walker.sequence, walker.track].known < 100).mean()
    assert unknown["kins"] > unknown["cityscapes"] + 0.05


def test_stuff_hides_but_is_never_learned(roots):
    items = sources.read("cityscapes", roots["cityscapes"]).items
    stuff = [item for item in items if not item.category]
    assert len(stuff) == 4 * 3
    pole = next(item for item in stuff if item.mask.shape[0] > 3 * item.mask.shape[1])
    car = next(i for i in items if i.category == "car" and i.box.iou(pole.box) > 0)
    assert pole.label.depth < car.label.depth
    (partial,) = [p for p in partial_masks([car, pole], 64) if p.track == (car.sequence, car.track)]
    assert (partial.known < 100).any()


def test_the_frame_of_cityscapes_ends_with_the_region_of_interest(roots):
    item = sources.read("cityscapes", roots["cityscapes"]).items[0]
    assert item.photo_size == (files.HEIGHT - 3, files.WIDTH)
    assert item.y0 == 40 - 3


def test_merged_classes(tmp_path):
    names = ["bus", "motorcycle", "truck"]

    def things(number):
        return [files.car(70 * i + 5, 60, name) for i, name in enumerate(names)]

    root = files.write_cityscapes(tmp_path, 1, things)
    plain = {shape.category for shape in sources.read("cityscapes", root).shapes}
    merged = {shape.category for shape in sources.read("cityscapes-merged", root).shapes}
    assert plain == {"bus", "motorcycle", "truck"}
    assert merged == {"car", "bicycle", "truck"}


def test_unknown_objects_hide_but_are_not_learned(tmp_path):
    document = files.kins(1, things=lambda n: [files.car(20, 70), files.car(60, 80, "misc")])
    files.write_json(tmp_path / "instances_train.json", document)
    with pytest.raises(AmodalError, match="no whole object of a known class"):
        sources.read("kins", tmp_path)
    from amodal.data import kins

    masks = gather(kins.photos(tmp_path, "train", Skipped()), {}, Skipped())
    assert [item.category for item in masks.items] == ["car", ""]
    (partial,) = partial_masks(masks.items, 64)
    assert (partial.known < 100).any()


def test_only_kitti_mots_has_sequences_to_hold_out(roots):
    with pytest.raises(AmodalError, match="--hold-out"):
        sources.read("kins", roots["kins"], [3])


@pytest.mark.parametrize("name", DRAWN_WHOLE)
def test_annotated_asks_of_every_object(roots, name):
    loaded = DATA_SETS[name].protocols["annotated"].load(roots[name])
    assert len(loaded.cases) == 15
    assert not loaded.skipped
    assert sum(case.part == annotated.OCCLUDED for case in loaded.cases) == 6
    assert len({case.group for case in loaded.cases}) == 3
    for case in loaded.cases:
        assert (case.part == annotated.OCCLUDED) == (case.occlusion_rate > 0.05)
        assert not (case.others & case.modal).any()
        assert case.photo.width == files.WIDTH
        assert case.photo.height == files.HEIGHT
        inside = tight_box(case.whole | case.modal)
        assert inside.x0 > 0 or case.photo.x0 == 0
    hidden = [case for case in loaded.cases if case.part == annotated.OCCLUDED]
    for case in hidden:  # what hides it is among the others
        assert (case.others & case.whole).sum() > 0.75 * (case.whole & ~case.modal).sum()


def test_the_truth_of_annotated_is_what_people_drew(roots):
    cases = annotated.annotated_cases(roots["kins"], "kins").cases
    drawn = [thing.mask.sum() for number in range(3) for thing in files.street(number)]
    assert [case.whole.sum() for case in cases] == pytest.approx(drawn, rel=0.12)
    seen = [mask.sum() for number in range(3) for mask in files.visible(files.street(number))]
    assert [case.modal.sum() for case in cases] == seen


def test_an_object_at_the_border_has_the_border(tmp_path):
    document = files.kins(1, things=lambda number: [files.car(-20, 70)])
    files.write_json(tmp_path / "instances_val.json", document)
    (case,) = annotated.annotated_cases(tmp_path, "kins").cases
    assert case.photo.x0 == 0
    assert case.modal[:, 0].any()


def test_packed_cases_are_the_cases(roots):
    cases = annotated.annotated_cases(roots["kins"], "kins").cases
    again = list(cases)
    assert len(again) == len(cases) == len(cases[:])
    for one, other in zip(cases[3:9], again[3:9], strict=True):
        assert np.array_equal(one.whole, other.whole)
        assert np.array_equal(one.others, other.others)
        assert (one.category, one.group, one.part) == (other.category, other.group, other.part)


def test_cocoa_asks_of_street_objects_only(tmp_path):
    document = files.cocoa(1, things=lambda n: [files.car(20, 70, "sofa"), files.car(120, 70)])
    files.write_json(tmp_path / "COCO_amodal_val2014.json", document)
    loaded = annotated.annotated_cases(tmp_path, "cocoa")
    assert [case.category for case in loaded.cases] == ["car"]
    assert dict(loaded.skipped) == {"it is of none of our classes": 1}


def test_merged_annotated_asks_in_the_classes_of_cityscapes(tmp_path):
    names = ["van", "cyclist", "tram"]
    document = files.kins(
        1, things=lambda n: [files.car(70 * i, 70, name) for i, name in enumerate(names)]
    )
    files.write_json(tmp_path / "instances_val.json", document)
    protocols = DATA_SETS["kins"].protocols
    plain = [case.category for case in protocols["annotated"].load(tmp_path).cases]
    merged = [case.category for case in protocols["annotated-merged"].load(tmp_path).cases]
    assert plain == names
    assert merged == ["car", "unknown", "tram"]


@pytest.mark.parametrize("name", [*DRAWN_WHOLE, "cityscapes"])
def test_simulated_is_fixed_and_hides(roots, name):
    first = annotated.simulated_cases(roots[name], name, 30).cases
    second = annotated.simulated_cases(roots[name], name, 30).cases
    assert len(first) == 30
    for one, other in zip(first, second, strict=True):
        assert np.array_equal(one.modal, other.modal)
        assert 0.02 < one.occlusion_rate < 0.76
        assert np.array_equal(one.modal, one.whole & ~one.others)


def test_too_few_whole_objects_are_one_clear_error(tmp_path):
    document = files.kins(1, things=lambda number: [files.car(20, 70)])
    files.write_json(tmp_path / "instances_val.json", document)
    with pytest.raises(AmodalError, match="1 whole objects"):
        annotated.simulated_cases(tmp_path, "kins")


def test_what_is_left_out_is_told(tmp_path, capsys):
    document = files.kins(1)
    document["annotations"][0].pop("inmodal_seg")
    files.write_json(tmp_path / "instances_val.json", document)
    loaded = annotated.annotated_cases(tmp_path, "kins")
    assert dict(loaded.skipped) == {"it has no visible mask": 1}
    assert "left out 1: it has no visible mask (first: annotation 1)" in capsys.readouterr().err
