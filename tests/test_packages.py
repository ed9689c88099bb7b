"""A package that isn't installed: one clear line with what to do, whether the app can do without
it or not. In a process of its own, in which importing it fails."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from amodal.animation import NO_MP4

ROOT = Path(__file__).resolve().parents[1]
OPTIONAL = {
    "av": ("amodal.animation.mp4_bytes([frame])", NO_MP4),
    "skimage": ("pictures.ssim(picture, picture, region)", "pip install -e '.[eval]'"),
    "lpips": ("pictures_distance.load_lpips()", "pip install -e '.[eval]'"),
    "torch_fidelity": ("features.distances(two, two)", "pip install -e '.[eval]'"),
    "bpy": ("blender_scene.load_bpy()", "pip install bpy==4.5.15"),
}
PREPARE = """
import numpy as np, torch
import amodal.animation
from amodal import AmodalError
from amodal.evaluation import pictures, pictures_distance, object_features as features
from amodal.render import blender_scene
picture, region, two = np.zeros((10, 10, 3), np.uint8), np.ones((10, 10), bool), torch.zeros(4, 2)
frame = amodal.animation.Frame(picture, 100)
"""
FALL_BACKS = """
from pathlib import Path
import amodal.inpaint.load, amodal.segment.load
from amodal import AmodalError, Pipeline
amodal.inpaint.load.fetch = amodal.segment.load.fetch = lambda name, progress: Path("never")
pipeline = Pipeline.load("tests/data/tiny", device="cpu")
print(pipeline.inpainter().name)
print(pipeline.segmenter().name)
for notice in pipeline.notices:
    print(notice)
try:
    pipeline.detector()
except AmodalError as error:
    print(error)
"""


def without(*packages: str, code: str) -> subprocess.CompletedProcess[str]:
    """Run code where packages are missing."""
    missing = f"import sys; sys.modules.update(dict.fromkeys({packages!r}))\n"
    return subprocess.run(
        [sys.executable, "-c", missing + code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def asked() -> dict[str, str]:
    """What is said for want of each optional package."""
    tries = [
        f"try:\n    {call}\nexcept AmodalError as error:\n    print(error)"
        for call, _ in OPTIONAL.values()
    ]
    done = without(*OPTIONAL, code=PREPARE + "\n".join(tries))
    assert done.returncode == 0, done.stderr
    lines = done.stdout.strip().splitlines()
    assert len(lines) == len(OPTIONAL), "one line each"
    return dict(zip(OPTIONAL, lines, strict=True))


@pytest.mark.parametrize("package", OPTIONAL)
def test_an_optional_package_is_asked_for(package: str, asked: dict[str, str]) -> None:
    assert OPTIONAL[package][1] in asked[package]


def test_a_command_ends_with_one_line() -> None:
    code = "from amodal.render.__main__ import main; sys.exit(main(['--out', 'never']))"
    done = without("bpy", code=code)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "pip install bpy==4.5.15" in done.stderr


def test_a_required_package_that_does_not_work_leaves_the_fall_backs() -> None:
    packages = ("onnxruntime", "segment_anything", "torchvision")
    done = without(*packages, code=FALL_BACKS)
    assert done.returncode == 0, done.stderr
    inpainter, segmenter, *said = done.stdout.strip().splitlines()
    assert (inpainter, segmenter) == ("Partial convolutions", "GrabCut")
    assert "GrabCut" in said[0]
    assert "the Python package segment_anything can't be used here" in said[0]
    assert "instead of MI-GAN" in said[1]
    assert "the Python package onnxruntime can't be used here" in said[1]
    assert "the Python package torchvision can't be used here" in said[2]
    assert all("pip install -r requirements.txt" in line for line in said)


def test_the_app_without_gradio_ends_with_one_line() -> None:
    done = without("gradio", code="sys.argv = ['app.py']; import app; app.main()")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "the Python package gradio can't be used here" in done.stderr
    assert "pip install -r requirements.txt" in done.stderr
