"""Whole data sets: nothing is lost, whatever the file holds, however the work is cut up or broken
off."""

import json
import os
import signal
import subprocess
import sys
import time
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from amodal import complete_dataset as command
from amodal.completer import Completer
from amodal.data import dataset, synthetic
from amodal.data.coco import decode_rle, encode_rle, read_instances
from amodal.scene import paste_window

ROOT = Path(__file__).resolve().parents[1]
TINY = ROOT / "tests" / "data" / "tiny"
LIMIT = 1200  # seconds; far more than is needed


@pytest.fixture(scope="module")
def toy():
    """40 objects of 7 photos of 375 x 1242."""
    return synthetic.data_set(islice(synthetic.toy_photos(), 8), 40)


@pytest.fixture
def small_chunks(monkeypatch):
    monkeypatch.setattr(dataset, "CHUNK", 8)


def write(path, document):
    path.write_text(json.dumps(document))
    return path


def arguments(source, out, *more):
    return ["--annotations", str(source), "--out", str(out), "--weights", str(TINY), *more]


def complete(folder, document, *more, out="out.json"):
    """The completed document, as text."""
    source = write(folder / "in.json", document)
    assert command.main(arguments(source, folder / out, "--device", "cpu", *more)) == 0
    return (folder / out).read_text() if (folder / out).exists() else None


def test_everything_of_the_input_is_there(tmp_path, toy, small_chunks, capsys):
    document = {
        **toy,
        "info": {"year": 2026},
        "licenses": [{"id": 1}],
        "annotations": [
            {**annotation, "bbox": [1, 2, 3, 4], "area": 12, "score": 0.5, "mine": ["é"]}
            for annotation in toy["annotations"]
        ],
    }
    done = json.loads(complete(tmp_path, document))
    assert done["images"] == toy["images"]
    assert done["categories"] == toy["categories"]
    assert done["licenses"] == [{"id": 1}]
    assert done["info"]["year"] == 2026
    assert done["info"]["completion"]["completed"] == 40
    assert done["info"]["completion"]["skipped"] == {}
    for before, after in zip(document["annotations"], done["annotations"], strict=True):
        for key in ("id", "image_id", "category_id", "iscrowd", "score", "mine"):
            assert after[key] == before[key]
        assert after["modal"] == before["segmentation"]
        assert after["input"] == {"bbox": [1, 2, 3, 4], "area": 12}
    assert not (tmp_path / "out.json.parts").exists()
    assert "wrote 40 completions" in capsys.readouterr().out


def test_completions_are_those_of_the_completer(tmp_path, toy):
    done = json.loads(complete(tmp_path, toy, "--samples", "2", "--seed", "3"))
    completer = Completer.load(TINY, device="cpu")
    photo = {**toy, "images": toy["images"][:1]}
    instances = read_instances(photo, 375, 1242)
    outside = 0
    for instance, entry in zip(instances, done["annotations"], strict=False):
        hidden = np.any([o.modal for o in instances if o is not instance], axis=0)
        whole = completer.complete(instance, hidden, samples=2, seed=3)
        for result, made in zip(
            (whole.mode, *whole.samples), (entry, *entry["samples"]), strict=True
        ):
            assert np.array_equal(decode_rle(made["segmentation"]), result.on_photo(375, 1242))
            assert made["area"] == result.area
            assert made["visible_iou"] == pytest.approx(result.visible_iou, abs=1e-6)
            x, y, width, height = made["bbox"]
            leaves = x < 0 or y < 0 or x + width > 1242 or y + height > 375
            assert ("window" in made) == leaves
            if leaves:
                window = made["window"]
                mask = decode_rle(window["segmentation"])
                assert mask.sum() == result.area
                assert np.array_equal(
                    paste_window(mask, window["x0"], window["y0"], 375, 1242),
                    result.on_photo(375, 1242),
                )
                outside += 1
    assert outside


def test_the_output_is_read_as_coco(tmp_path, toy):
    from pycocotools.coco import COCO

    complete(tmp_path, toy)
    coco = COCO(str(tmp_path / "out.json"))
    entries = coco.loadAnns(coco.getAnnIds(imgIds=[2]))
    assert len(entries) == 6
    assert coco.annToMask(entries[0]).sum() > 0
    # Completed once more, the visible part is still what it was.
    again = json.loads(
        complete(tmp_path, json.loads((tmp_path / "out.json").read_text()), out="again.json")
    )
    first = json.loads((tmp_path / "out.json").read_text())
    for one, two in zip(first["annotations"], again["annotations"], strict=True):
        assert two["segmentation"] == one["segmentation"]
        assert two["modal"] == one["modal"]
        assert two["input"]["segmentation"] == one["segmentation"]


@pytest.mark.parametrize("of", [2, 3])
def test_shards_give_the_bytes_of_one(tmp_path, toy, small_chunks, capsys, of):
    expected = complete(tmp_path, toy)
    for shard in range(of, 0, -1):
        more = ("--shard", str(shard), "--of", str(of))
        text = complete(tmp_path, toy, *more, out="sharded.json")
        assert (text is None) == (shard > 1)
    assert text == expected


def torchrun(*command_line, program=("-m", "amodal.complete_dataset")):
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    run = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    return subprocess.run(
        [*run, *program, *command_line],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=LIMIT,
    )


@pytest.fixture(scope="module")
def large():
    """Three chunks of 512 and more."""
    return synthetic.data_set(islice(synthetic.toy_photos(1), 400), 1500)


def test_two_processes_give_the_bytes_of_one(tmp_path, large):
    expected = complete(tmp_path, large)
    source, out = tmp_path / "in.json", tmp_path / "two.json"
    done = torchrun(*arguments(source, out, "--device", "cpu"))
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.count("wrote 1,500 completions") == 1
    assert out.read_text() == expected


SLOW_SECOND = """
import sys, time
from amodal import complete_dataset as command

real = command.complete_chunks

def slow(*arguments):
    time.sleep(4 * command.place()[0])
    return real(*arguments)

command.complete_chunks = slow
sys.exit(command.main(sys.argv[1:]))
"""


def test_the_first_process_waits_for_a_slower_one(tmp_path, large):
    expected = complete(tmp_path, large)
    source, out = tmp_path / "in.json", tmp_path / "slow.json"
    (tmp_path / "slow.py").write_text(SLOW_SECOND)
    program = (str(tmp_path / "slow.py"),)
    done = torchrun(*arguments(source, out, "--device", "cpu"), program=program)
    assert done.returncode == 0, done.stderr[-2000:]
    assert out.read_text() == expected


def test_a_killed_run_goes_on(tmp_path, large):
    expected = complete(tmp_path, large)
    source, out = tmp_path / "in.json", tmp_path / "killed.json"
    line = [sys.executable, "-m", "amodal.complete_dataset"]
    line += arguments(source, out, "--device", "cpu")
    process = subprocess.Popen(line, cwd=ROOT, stdout=subprocess.DEVNULL)
    folder, deadline = tmp_path / "killed.json.parts", time.monotonic() + LIMIT
    while not (folder / "000000.jsonl").exists():
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.001)
    process.send_signal(signal.SIGKILL)
    assert process.wait(LIMIT) == -signal.SIGKILL
    assert not out.exists()
    kept = (folder / "000000.jsonl").stat().st_mtime_ns
    # As if the disk had lost the end of a part.
    half = (folder / "000000.jsonl").read_text()
    (folder / "000001.jsonl").write_text(half[: len(half) // 2])
    (folder / "000002.jsonl").write_text("\n".join([*half.splitlines()[:40], "{}"]))
    seen = []
    real = command.Parts.merge

    def look(parts, document):
        seen.append((folder / "000000.jsonl").stat().st_mtime_ns)
        return real(parts, document)

    command.Parts.merge = look
    try:
        assert complete(tmp_path, large, out="killed.json") == expected
    finally:
        command.Parts.merge = real
    assert seen == [kept]  # what was finished is not done again


def test_parts_of_another_run_are_not_mixed_in(tmp_path, toy, small_chunks, capsys):
    source = write(tmp_path / "in.json", toy)
    line = arguments(source, tmp_path / "out.json", "--device", "cpu", "--of", "2")
    assert command.main(line) == 0
    assert command.main([*line, "--samples", "1"]) == 2
    assert "parts of a run with another input" in capsys.readouterr().err


def test_a_folder_that_cannot_be_made_is_one_clear_error(tmp_path, toy, capsys):
    source = write(tmp_path / "in.json", toy)
    (tmp_path / "out.json.parts").write_text("in the way")
    assert command.main(arguments(source, tmp_path / "out.json", "--device", "cpu")) == 2
    assert "Can't write" in capsys.readouterr().err


def rectangle(height=20, width=30):
    mask = np.zeros((height, width), bool)
    mask[5:15, 4:20] = True
    return mask


GOOD = {"id": 1, "image_id": 1, "category_id": 1, "segmentation": encode_rle(rectangle())}
BAD = [
    ("text", "it is not an object"),
    ({**GOOD, "iscrowd": 1}, "it is a crowd"),
    ({"id": 2}, "its photo is not listed"),
    ({**GOOD, "image_id": 9}, "its photo is not listed"),
    ({**GOOD, "image_id": 2}, "a photo has no size"),
    ({**GOOD, "image_id": 3}, "a photo's size is impossible"),
    ({"id": 3, "image_id": 1}, "it has no visible mask"),
    ({**GOOD, "segmentation": []}, "its visible mask is empty"),
    ({**GOOD, "segmentation": encode_rle(np.zeros((20, 30), bool))}, "its visible mask is empty"),
    ({**GOOD, "segmentation": [[0, 0, 0, 0, 0, 0]]}, "its visible mask is empty"),
    ({**GOOD, "segmentation": encode_rle(rectangle(40, 30))}, "does not fit its photo"),
    ({**GOOD, "segmentation": {"size": [20, 30], "counts": "?"}}, "can't be read"),
    ({**GOOD, "segmentation": {"size": [20, 30], "counts": [1, 2]}}, "can't be read"),
    ({**GOOD, "segmentation": {"counts": "1"}}, "can't be read"),
    ({**GOOD, "segmentation": [[0, 0, 1]]}, "can't be read"),
    ({**GOOD, "segmentation": [[0, 0, 1e9, 0, 5, 5]]}, "can't be read"),
    ({**GOOD, "segmentation": 7}, "can't be read"),
    ({**GOOD, "segmentation": "missing.png"}, "can't be read"),
    ({**GOOD, "category": ["car"]}, "its class or box can't be read"),
    ({**GOOD, "amodal_bbox": [0, 0, 0, 5]}, "its class or box can't be read"),
]


def with_annotations(annotations):
    images = [
        {"id": 1, "file_name": "a.png", "height": 20, "width": 30},
        {"id": 2, "file_name": "b.png"},
        {"id": 3, "file_name": "c.png", "height": 10**9, "width": 10**9},
        "no image",
    ]
    categories = [{"id": 1, "name": "car"}, {"id": 2, "name": "giraffe"}, 5]
    return {"images": images, "annotations": annotations, "categories": categories}


@pytest.mark.parametrize(("annotation", "reason"), BAD)
def test_what_cannot_be_completed_is_counted(tmp_path, capsys, annotation, reason):
    done = json.loads(complete(tmp_path, with_annotations([annotation, GOOD, annotation])))
    completion = done["info"]["completion"]
    assert completion["completed"] == len(done["annotations"]) == 1
    (counted,) = completion["skipped"]
    assert reason in counted
    assert completion["skipped"][counted] == 2
    assert completion["first_skipped"][counted].startswith("annotation 1")
    assert f"left out 2: {counted}" in capsys.readouterr().out


def test_unknown_classes_are_completed_and_named(tmp_path, capsys):
    document = with_annotations([{**GOOD, "category_id": 2}, {**GOOD, "category_id": 77}, GOOD])
    completion = json.loads(complete(tmp_path, document))["info"]["completion"]
    assert completion["completed"] == 3
    assert completion["unknown_class"] == {"giraffe": 1, "77": 1}
    assert "giraffe (1)" in capsys.readouterr().out


def test_polygons_boxes_and_tiny_masks_are_completed(tmp_path):
    pixel = np.zeros((20, 30), bool)
    pixel[19, 29] = True
    parts = [[2, 2, 9, 2, 9, 9, 2, 9], [12, 2, 19, 2, 19, 9, 12, 9]]
    annotations = [
        {**GOOD, "segmentation": parts},
        {**GOOD, "segmentation": parts[0], "amodal_bbox": [0, 0, 35, 15]},
        {**GOOD, "segmentation": encode_rle(pixel)},
        {**GOOD, "segmentation": encode_rle(np.ones((20, 30), bool))},
        {**GOOD, "segmentation": encode_rle(rectangle()), "modal": encode_rle(pixel)},
    ]
    done = json.loads(complete(tmp_path, with_annotations(annotations)))["annotations"]
    for before, after in zip(
        read_instances(with_one_photo(annotations), 20, 30), done, strict=True
    ):
        assert not (before.modal & ~decode_rle(after["segmentation"])).any()
    assert done[4]["input"] == {"segmentation": encode_rle(rectangle())}
    assert done[4]["modal"] == encode_rle(pixel)


def with_one_photo(annotations):
    document = with_annotations(annotations)
    return {**document, "images": document["images"][:1], "categories": []}


def test_a_file_without_annotations_stays_one(tmp_path):
    done = json.loads(complete(tmp_path, with_annotations([])))
    assert done["annotations"] == []
    assert done["info"]["completion"]["completed"] == 0


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[1, 2]", "expected a COCO data set"),
        ('{"images": []}', "no list `annotations`"),
        ('{"annotations": [], "images": {}}', "no list `images`"),
        ('{"annotations": [', "not valid JSON"),
        ("", "not valid JSON"),
    ],
)
def test_a_file_that_is_not_coco_is_one_clear_error(tmp_path, capsys, text, sentence):
    (tmp_path / "in.json").write_text(text)
    assert command.main(arguments(tmp_path / "in.json", tmp_path / "out.json")) == 2
    error = capsys.readouterr().err
    assert sentence in error
    assert error.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["in.json"]


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (("--shard", "3", "--of", "2"), "--shard 3 --of 2"),
        (("--samples", "99"), "Samples: got 99"),
        (("--seed", "-1"), "Seed: got -1"),
        (("--temperature", "9"), "Temperature: got 9"),
    ],
)
def test_wrong_options(tmp_path, capsys, toy, more, sentence):
    source = write(tmp_path / "in.json", toy)
    assert command.main(arguments(source, tmp_path / "out.json", *more)) == 2
    assert sentence in capsys.readouterr().err


def test_the_input_is_never_overwritten(tmp_path, capsys, toy):
    source = write(tmp_path / "in.json", toy)
    assert command.main(arguments(source, source)) == 2
    assert "the input is kept" in capsys.readouterr().err
    assert command.main(arguments(source, tmp_path / "no" / "out.json")) == 2
    assert "There is no folder" in capsys.readouterr().err


def test_a_file_to_try_it_with_is_made_of_kitti_masks(tmp_path, capsys):
    """Two photos, three masks, asked for seven objects: they are used again."""
    root, masks = tmp_path / "kitti", ("0 1001 1", "0 2002 2", "3 1001 1")
    for folder in ("instances_txt", "label_02"):
        (root / folder).mkdir(parents=True)
        for sequence in range(21):
            (root / folder / f"{sequence:04d}.txt").write_text("")
    counts = encode_rle(rectangle())["counts"]
    lines = [f"{mask} 20 30 {counts}" for mask in masks]
    (root / "instances_txt" / "0004.txt").write_text("\n".join(lines))
    out = tmp_path / "large.json"
    line = ["--objects", "7", "--out", str(out), "--root"]
    assert synthetic.main([*line, str(root)]) == 0
    document = json.loads(out.read_text())
    assert [entry["category_id"] for entry in document["annotations"]] == [1, 2, 1, 1, 2, 1, 1]
    assert [entry["image_id"] for entry in document["annotations"]] == [1, 1, 2, 3, 3, 4, 5]
    assert document["annotations"][6]["segmentation"] == encode_rle(rectangle())
    assert synthetic.main([*line, str(tmp_path / "nowhere")]) == 2
    assert "Can't read" in capsys.readouterr().err
