"""The edit benchmark: what its numbers mean, on pictures and a small street made by hand."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from skimage.metrics import structural_similarity

from amodal import likeness
from amodal.completer import Completer
from amodal.decompose import Decomposer
from amodal.errors import AmodalError
from amodal.evaluation import edit_results, edit_tables, edits, pictures, pooled
from amodal.evaluation.bootstrap import interval
from amodal.evaluation.edit_cases import FILLS, SHAPES, find_streets
from amodal.evaluation.edit_scores import (
    NOTHING,
    TRUE,
    Bench,
    promise,
    score_object,
    score_street,
    untouched,
)
from amodal.evaluation.pictures_distance import EncoderDistance, Lpips
from amodal.inpaint import OpenCV
from amodal.layers import LayeredScene
from amodal.scene import Completion, Instance, paste_window
from amodal.truth import Truth, read_truth
from tests.demo_parts import TINY
from tests.rendered_scene import CAR, PERSON, SHIFT, VAN, layer, write_rendered_street


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_rendered_street(tmp_path_factory.mktemp("streets") / "small")


@pytest.fixture(scope="module")
def truth(folder: Path) -> Truth:
    return read_truth(folder)


@pytest.fixture(scope="module")
def bench() -> Bench:
    """Two fills, of which one paints everything grey."""
    fills = {"opencv": OpenCV(), "grey": Grey()}
    return Bench(fills, tuple(SHAPES), Completer.load(TINY, device="cpu"), None)


class Grey:
    name = "grey"

    def fill(self, image: np.ndarray, hole: np.ndarray) -> np.ndarray:
        return np.where(hole[..., None], np.uint8(128), image)


def noise(seed: int, size: tuple[int, int] = (40, 60)) -> np.ndarray:
    return np.random.default_rng(seed).integers(40, 216, (*size, 3), dtype=np.uint8)


def part(size: tuple[int, int] = (40, 60)) -> np.ndarray:
    region = np.zeros(size, bool)
    region[10:30, 15:45] = True
    return region


def test_equal_pictures_have_the_best_scores():
    picture = noise(0)
    assert likeness.psnr(picture, picture, part()) == likeness.BEST_PSNR < 60
    assert pictures.ssim(picture, picture, part()) == pytest.approx(1)


def test_psnr_is_that_of_the_region_alone():
    picture, truth = noise(0), noise(0)
    picture[part()] += 10
    assert likeness.psnr(picture, truth, part()) == pytest.approx(20 * np.log10(255 / 10))
    assert likeness.psnr(picture, truth, ~part()) == likeness.BEST_PSNR


def test_a_darker_picture_scores_worse_and_a_much_darker_one_worse_still():
    truth = noise(0)
    scores = [
        (measure(darker, truth, part()) for darker in (truth, truth // 8 * 7, truth // 2))
        for measure in (likeness.psnr, pictures.ssim)
    ]
    for best, middle, worst in scores:
        assert best > middle > worst


def test_ssim_agrees_with_the_whole_picture_cut_to_the_region():
    picture, truth = noise(0), noise(1)
    _, index = structural_similarity(picture, truth, data_range=255, channel_axis=2, full=True)
    assert pictures.ssim(picture, truth, part()) == pytest.approx(index[part()].mean())


def test_the_region_holds_what_changed_and_little_more():
    before = noise(0)
    after = before.copy()
    after[part()] = 255 - after[part()] // 4
    region = likeness.changed_region(before, after)
    assert region[part()].all()
    grown = np.zeros_like(region)
    grown[10 - likeness.GROW : 30 + likeness.GROW, 15 - likeness.GROW : 45 + likeness.GROW] = True
    assert not (region & ~grown).any()


def test_the_region_has_no_small_holes_and_ignores_faint_changes():
    before = np.full((40, 60, 3), 100, np.uint8)
    after = before.copy()
    after[part()] = 200
    after[18:21, 28:31] = 100  # looks the same by chance
    after[:8] = 100 + likeness.LEVEL
    region = likeness.changed_region(before, after)
    assert region[18:21, 28:31].all()
    assert not region[:5].any()
    after[:8] += 1
    assert likeness.changed_region(before, after)[:8].all()
    assert not likeness.changed_region(before, before).any()


@pytest.mark.parametrize(
    ("picture", "region"),
    [(noise(0, (40, 61)), part()), (noise(0), part((40, 61))), (noise(0), part() & False)],
)
def test_sizes_that_do_not_agree_and_empty_regions_are_refused(picture, region):
    with pytest.raises(ValueError, match="got"):
        likeness.psnr(picture, noise(0), region)


class Colours:
    """Stands for MobileSAM: its features are the colours of 16 cells a side."""

    def encode(self, photo: np.ndarray) -> Colours:
        height, width = photo.shape[:2]
        cells = np.zeros((1, 3, 16, 16), np.float32)
        rows = round(16 * height / width)
        step = width // 16
        for y in range(rows):
            for x in range(16):
                block = photo[y * step : (y + 1) * step, x * step : (x + 1) * step]
                cells[0, :, y, x] = block.mean(axis=(0, 1))
        self.features = cells
        return self


def test_the_encoder_distance_looks_at_the_cells_of_the_region_only():
    truth = np.full((32, 64, 3), (200, 30, 30), np.uint8)
    picture = truth.copy()
    picture[8:16, 16:32] = (30, 30, 200)
    region = np.zeros((32, 64), bool)
    region[8:16, 16:32] = True
    distance = EncoderDistance(Colours())
    assert distance(picture, truth, ~region) == 0
    assert distance(truth, truth, region) == 0
    whole = distance(picture, truth, region)
    assert 0 < whole <= 4
    wider = region.copy()
    wider[8:16, 32:48] = True  # twice the cells, half of them equal
    assert distance(picture, truth, wider) == pytest.approx(whole / 2)
    assert "not LPIPS" in distance.name


def test_lpips_is_zero_for_equal_pictures_and_stays_in_the_region():
    import lpips

    # Its trunk's weights can't be had everywhere; the way to the number is the same.
    distance = Lpips(lpips.LPIPS(net="alex", spatial=True, pnet_rand=True, verbose=False))
    truth, region = noise(0, (96, 128)), np.zeros((96, 128), bool)
    region[:, :32] = True
    picture = truth.copy()
    picture[:, :24] //= 2
    assert distance(truth, truth, region) == 0
    assert distance(picture, truth, region) > distance(picture, truth, ~region)
    with pytest.raises(AmodalError, match="at least 64 pixels"):
        distance(noise(0), noise(0), part())


def test_the_small_street_is_its_layers_over_its_plate(truth):
    canvas = truth.plate.copy()
    for number in (4, 9, 2, 5):
        rgba = layer(number)
        canvas[rgba[..., 3] > 0] = rgba[rgba[..., 3] > 0][:, :3]
    assert (canvas == truth.photo).all()
    shapes = [item.whole for item in truth.objects]
    scene = LayeredScene.from_photo(truth.photo, truth.instances, shapes)
    order = [truth.object_of(scene.layer(id)).number for id in scene.depth]
    assert order == [4, 9, 2, 5]
    placed = truth.edited(scene, truth.edits[1]).layer(truth.layer_id(PERSON)).placement
    assert (placed.dx, placed.dy) == SHIFT


def test_true_colours_in_true_shapes_give_the_true_pictures(truth, bench):
    rows, _ = score_street("small", truth, bench)
    perfect = [row for row in rows if row["fill"] == TRUE]
    assert [row["kind"] for row in perfect] == ["delete", "sideways"]
    assert all(row["psnr"] == likeness.BEST_PSNR and row["outside"] == 1 for row in perfect)


def test_whoever_does_better_scores_better(truth, bench):
    rows, _ = score_street("small", truth, bench)
    deleted = {(row["fill"], row["shapes"]): row for row in rows if row["kind"] == "delete"}
    psnr = {method: row["psnr"] for method, row in deleted.items()}
    assert psnr["opencv", "truth"] > psnr["grey", "truth"] > psnr[NOTHING, ""]
    # The van behind the deleted car stays cut off where its shape is not completed.
    assert psnr["opencv", "truth"] > psnr["opencv", "mode"] > psnr["opencv", "visible"]
    assert deleted[NOTHING, ""]["outside"] == 1
    assert deleted["opencv", "truth"]["outside"] < 1  # the rim around the hole


def test_the_editor_keeps_its_promise_and_a_broken_one_is_seen(truth, bench):
    rows, _ = score_street("small", truth, bench)
    kept = [row for row in rows if "promised" in row]
    assert len(kept) == 2 * 2 * 3
    assert all(row["broken"] == 0 and row["promised"] > 10_000 for row in kept)
    shapes = [item.whole for item in truth.objects]
    scene = LayeredScene.from_photo(truth.photo, truth.instances, shapes)
    scene = truth.edited(scene, truth.edits[0])
    decomposer = Decomposer(OpenCV())
    picture, _ = decomposer.render(scene)
    y, x = np.argwhere(untouched(scene))[0]
    picture[y, x] ^= 1
    assert promise(scene, picture)["broken"] == 1
    document = {"edits": [{"street": "small", "edit": "delete", "broken": 1}]}
    with pytest.raises(RuntimeError, match="small delete"):
        edits.check(document)


def test_thin_parts_of_a_shrunk_object_are_no_broken_promise(truth):
    spokes = np.zeros((60, 60), bool)
    spokes[::10] = True
    instance = Instance(paste_window(spokes, 130, 30, *truth.photo.shape[:2]), "bicycle")
    whole = [Completion(instance.modal, 0, 0)]
    scene = LayeredScene.from_photo(truth.photo, [instance], whole)
    scene = scene.move("object-1", -60, -10).scale("object-1", 0.4)
    assert not scene.layers[0].silhouette(*truth.photo.shape[:2]).any()  # all of it is faint
    decomposer = Decomposer(OpenCV())
    picture, _ = decomposer.render(scene)
    assert (picture != truth.photo)[30:80, 75:105].any()
    assert promise(scene, picture)["broken"] == 0


def test_one_broken_pixel_is_never_rounded_away():
    rows = [{"promised": 10**9, "broken": 1}, {"promised": 10**9, "broken": 0}, {"psnr": 1}]
    text = edit_tables.exactness({"edits": rows})
    assert "2,000,000,000 in 2 pictures; all but 1 of them" in text


def test_hidden_colours_are_compared_where_both_have_some(truth, bench):
    scenes = {
        name: LayeredScene.from_photo(
            truth.photo, truth.instances, SHAPES[name](truth, bench.completer)
        )
        for name in SHAPES
    }
    van = next(item for item in truth.objects if item.number == VAN)
    rows = {(r["fill"], r["shapes"]): r for r in score_object(truth, van, scenes, bench)}
    hidden = (layer(VAN)[..., 3] > 0) & (layer(CAR)[..., 3] > 0)
    assert {row["pixels"] for row in rows.values()} == {int(hidden.sum())}
    assert rows["opencv", "truth"]["coloured"] == 1
    assert 0 < rows["opencv", "mode"]["coloured"] < 1
    assert rows["opencv", "visible"]["coloured"] == 0
    assert "psnr" not in rows["opencv", "visible"]
    assert rows["opencv", "truth"]["mae"] < rows["grey", "truth"]["mae"]
    whole = [item for item in truth.objects if item.number != VAN]
    assert not [row for item in whole for row in score_object(truth, item, scenes, bench)]


def test_means_and_pairs_follow_their_definitions():
    rows = [
        {"street": street, "edit": edit, "psnr": value}
        for street, edit, value in (("a", "delete", 20), ("a", "swap", 30), ("b", "delete", 40))
    ]
    assert pooled.mean(rows, "psnr")[0] == 30
    low, high = interval(pooled.mean(rows, "psnr"))
    assert (low, high) == (25, 40)  # street a alone, street b alone
    better = [{**row, "psnr": row["psnr"] + 2} for row in rows]
    assert (pooled.paired(better, rows, "psnr") == 2).all()
    with pytest.raises(ValueError, match="same cases"):
        pooled.paired(better[::-1], rows, "psnr")


def test_times_are_told_as_ratios():
    rows = [
        {"fill": fill, "shapes": "truth", "seconds": seconds}
        for fill, seconds in (("opencv", 1), ("slow", 4), ("opencv", 3), ("slow", 8))
    ]
    assert edit_tables.slowness(rows, ("slow", "truth")) == "3.0"
    assert edit_tables.slowness(rows, ("opencv", "truth")) == "1.0"
    assert edit_tables.slowness(rows, ("slow", "mode")) == "–"


def test_the_command_end_to_end(folder, tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(FILLS, "grey", lambda folder: Grey())
    page, scores = tmp_path / "page.md", tmp_path / "files" / "small.json"
    scores.parent.mkdir()
    options = ["--scenes", f"{folder.parent}", "--fills", "opencv", "grey", "--weights", f"{TINY}"]
    options += ["--perceptual", "none", "--json", f"{scores}", "--markdown", f"{page}"]
    assert edits.main(options) == 0
    document = json.loads(scores.read_text())
    # Two edits; nothing done, true colours, and two fills with three shapes.
    assert len(document["edits"]) == 2 * (1 + 1 + 2 * 3)
    assert len(document["objects"]) == 2 * 3
    assert document["run"]["streets"] == ["small"]
    assert f"{folder.parent}" not in scores.read_text()
    report = capsys.readouterr().out
    assert page.read_text() in report
    assert "all of them are byte-identical" in report
    assert "| nothing done | – |" in report

    page.write_text("by hand\n<!-- begin small-all -->\nold\n<!-- end small-all -->\n")
    assert edit_results.main([f"{scores.parent}", f"{page}"]) == 0
    filled = page.read_text()
    assert "old" not in filled
    assert "| grey | visible |" in filled
    assert filled.startswith("by hand")
    assert edit_results.main([f"{scores.parent}", f"{page}"]) == 0
    assert page.read_text() == filled
    page.write_text("<!-- begin small-colour -->\n<!-- end small-colour -->\n")
    assert edit_results.main([f"{scores.parent}", f"{page}"]) == 2


def test_mistakes_are_told_in_one_line(folder, tmp_path, capsys):
    assert edits.main(["--scenes", f"{tmp_path}"]) == 2
    assert edits.main(["--scenes", f"{folder}", "--json", f"{tmp_path}/none/x.json"]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert "holds no rendered street" in lines[0]
    assert "create it first" in lines[1]
    assert len(lines) == 2


def test_streets_are_found_by_themselves_and_in_folders(folder):
    assert find_streets([folder, folder.parent]) == [folder.resolve()]


def test_a_street_without_true_colours_has_no_such_rows(truth, bench):
    bare = replace(truth, objects=tuple(replace(i, appearance=None) for i in truth.objects))
    rows, objects = score_street("small", bare, bench)
    assert objects == []
    assert not any(row["fill"] == TRUE for row in rows)
    # Of the others nothing is hidden: their colours are those of the photo.
    items = [i if i.number == VAN else replace(i, appearance=None) for i in truth.objects]
    rows, objects = score_street("small", replace(truth, objects=tuple(items)), bench)
    assert {row["object"] for row in objects} == {VAN}
    assert min(row["psnr"] for row in rows if row["fill"] == TRUE) > 25
