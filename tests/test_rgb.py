"""RGB-Amodal-VAE: it learns what only colour tells, and keeps colours where their masks are."""

import urllib.error
from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn
from torchvision import models
from torchvision.models.resnet import BasicBlock

from amodal.baselines import train_rgb
from amodal.baselines.photo_batches import PhotoPairs, PhotoPartials
from amodal.baselines.photo_masks import Frame, PhotoShape, frames, photo_partials, photo_shapes
from amodal.baselines.train_rgb import RGBTraining, Sights
from amodal.checkpoint import StageInfo
from amodal.data.annotated import Skipped
from amodal.data.kitti_mots import Label, TrackMask
from amodal.data.pretext import NO_BORDERS, Hidden
from amodal.data.shapes import Shape
from amodal.errors import AmodalError
from amodal.geometry import Box
from amodal.model import AmodalVAE, ModelConfig
from amodal.rgb import (
    FILE_NAME,
    RGBCompleter,
    RGBConfig,
    Seen,
    cut_photo,
    load_backbone,
    load_rgb,
    save_rgb,
    with_photo,
)
from amodal.scene import Instance
from amodal.training.config import StageConfig, TrainConfig
from amodal.training.losses import LossConfig
from amodal.training.material import Material
from amodal.training.stages import train as train_masks
from tests import annotation_files

CPU = torch.device("cpu")
SMALL = ModelConfig(size=32, latent=8, channels=(4, 8, 16), features=32)
TINY = RGBConfig("resnet18", side=32, width=16)
RED, BLUE, GREEN = (220, 40, 40), (40, 40, 220), (60, 160, 60)
SHOWN = 20  # columns of an object that the curtain leaves


class TinyResNet(nn.Module):
    """Shaped as torchvision's, with few layers and channels."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 8, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(8)
        self.relu = nn.ReLU()
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        self.layer1 = BasicBlock(8, 8)
        self.layer2 = BasicBlock(8, 16, 2, nn.Conv2d(8, 16, 1, 2))
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(16, 2)


@pytest.fixture(scope="module", autouse=True)
def tiny_resnet():
    """Let "resnet18" be a tiny one; the others are torchvision's."""
    real = models.get_model

    def get_model(name, weights):
        return TinyResNet() if name == TINY.backbone else real(name, weights=weights)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(models, "get_model", get_model)
        yield


def painted(mask, colour, rng):
    """A noisy object before a green background."""
    photo = np.where(mask[..., None], colour, GREEN) + rng.normal(0, 12, (*mask.shape, 3))
    return photo.clip(0, 255).astype(np.uint8)


def bar(width, colour, rng, track=0):
    """An object 20 pixels high; red ones are long, blue ones short."""
    mask = np.ones((20, width), bool)
    canvas = np.pad(mask, ((10, 10), (width // 2, width // 2)))
    return PhotoShape(mask, "car", (track,), painted(canvas, colour, rng))


class Curtain:
    """Hides all but the first columns, so that long and short objects leave the same mask."""

    def __init__(self, shapes, layouts, config):
        self.count = len(shapes)

    def draw(self, rng):
        return int(rng.integers(self.count))

    def hide(self, whole, category, rng):
        height, width = whole.shape
        canvas = np.pad(whole, ((height // 2,) * 2, (width // 2,) * 2))
        others = np.zeros_like(canvas)
        others[:, width // 2 + SHOWN :] = True
        return Hidden(canvas, canvas & ~others, others, NO_BORDERS)


def bars(count, seed):
    rng = np.random.default_rng(seed)
    return [
        bar(int(rng.integers(52, 57)), RED, rng, i)
        if i % 2
        else bar(int(rng.integers(24, 29)), BLUE, rng, i)
        for i in range(count)
    ]


@pytest.fixture(scope="module")
def learnt(tmp_path_factory):
    """Stage 1 on bars, then RGB stage 2 with a small ResNet that starts from nothing."""
    folder = tmp_path_factory.mktemp("rgb")
    shapes = bars(16, seed=0)
    stages = (StageConfig(150, 16, 1e-2), StageConfig(0, 16), StageConfig(0, 16))
    config = TrainConfig(model=SMALL, stages=stages, average=0.9)
    # Learns to place in a few steps; a KL term or a higher rate at times hides the colour for good.
    placed = LossConfig(kl=0.0, latent=0.0, energy=0.0, placed=0.05)
    plain = Material([Shape(s.mask, s.category, s.track) for s in shapes], ())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("amodal.training.pairs.Pretext", Curtain)
        patch.setattr(PhotoPairs, "mirrored", 0.0)  # else the other end is shown
        train_masks(config, plain, folder, CPU)
        config = replace(config, stages=(stages[0], StageConfig(350, 16, 1e-3, placed), stages[2]))
        config = replace(config, pairs=replace(config.pairs, full_extent=0, unknown_class=0))
        train_rgb.train(RGBTraining(TINY, config, "random"), Sights(shapes), folder, folder, CPU)
    return folder


def completed_width(folder, colour):
    """How wide the completion of a 20 x 20 square of a colour is."""
    mask = np.zeros((60, 120), bool)
    mask[20:40, 30:50] = True
    photo = painted(mask, colour, np.random.default_rng(7))
    completer = RGBCompleter.load(folder, "cpu").on(photo)
    found = completer.complete(Instance(mask, "car"), samples=2)
    columns = np.flatnonzero(found.mode.mask.any(axis=0))
    return columns[-1] - columns[0] + 1


def test_it_learns_what_colour_alone_tells(learnt):
    """The masks are equal: long and short differ in colour only."""
    long, short = completed_width(learnt, RED), completed_width(learnt, BLUE)
    assert long > 42
    assert short < 38
    assert long - short > 12


def test_the_decoder_stays_that_of_stage_1(learnt):
    model, info, config = load_rgb(learnt)
    first = load_file(learnt / "stage1.safetensors")
    for name, value in model.decoder.state_dict().items():
        torch.testing.assert_close(value, first[f"decoder.{name}"].to(value.dtype), rtol=0, atol=0)
    assert config == TINY
    assert info.trained_classes == ("car",)
    assert sorted(path.name for path in learnt.glob("rgb*")) == ["rgb.json", FILE_NAME]


def test_completions_hold_the_visible_part_and_repeat(learnt):
    mask = np.zeros((50, 90), bool)
    mask[10:40, 10:40] = True
    photo = painted(mask, RED, np.random.default_rng(1))
    before = photo.copy()
    completer = RGBCompleter.load(learnt, "cpu").on(photo)
    one = completer.complete(Instance(mask, "car"), samples=3, seed=4)
    two = completer.complete(Instance(mask, "car"), samples=3, seed=4)
    assert one.mode.on_photo(50, 90)[mask].all()
    assert np.array_equal(one.probability, two.probability)
    assert np.array_equal(photo, before)
    assert completer.suggest_class(mask)[0][0] == "car"


def test_every_parameter_gets_a_gradient():
    torch.manual_seed(0)
    model = with_photo(AmodalVAE(SMALL), RGBConfig("resnet50", side=64, width=16))
    seen = Seen(torch.rand(3, 1, 32, 32), torch.rand(3, 3, 64, 64))
    posterior, features = model.encoder(seen, torch.zeros(3, dtype=torch.int64), torch.rand(3, 6))
    assert features.shape == (3, 32)
    (posterior.mean.square().sum() + posterior.logvar.sum()).backward()
    parameters = model.encoder.named_parameters()
    assert [name for name, p in parameters if p.grad is None or not p.grad.any()] == []


def test_a_mask_and_a_photo_count_as_one_mask_in_shape():
    seen = Seen(torch.zeros(2, 1, 8, 8), torch.zeros(2, 3, 16, 16)).to(CPU)
    assert seen.shape == (2, 1, 8, 8)
    assert seen.device == CPU


def test_cut_photo_is_black_beyond_the_photo():
    photo = np.full((10, 10, 3), 255, np.uint8)
    photo[:, 5:, 0] = 0
    cut = cut_photo(photo, Box(-10, 0, 10, 10), 10, 20)
    assert cut.shape == (10, 20, 3)
    assert (cut[:, :10] == 0).all()
    assert (cut[:, 10:15] == 1).all()
    assert (cut[:, 15:] == (0, 1, 1)).all()


def street():
    """A red object of 40 x 60 pixels behind a blue one, and a whole red one, on green."""
    items = []
    rng = np.random.default_rng(3)
    canvas = np.zeros((240, 320), bool)
    back, front, whole = canvas.copy(), canvas.copy(), canvas.copy()
    back[50:90, 100:160] = True
    front[60:140, 130:170] = True
    whole[100:220, 200:300] = np.tri(120, 100, dtype=bool)
    photo = painted(back | whole, RED, rng)
    photo[front] = BLUE
    visible = (back & ~front, front, whole)
    for track, (mask, depth) in enumerate(zip(visible, (30.0, 10.0, 20.0), strict=True)):
        rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
        y0, y1, x0, x1 = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
        label = Label(0, int(track == 0), Box(x0, y0, x1, y1), depth)
        cut = mask[y0:y1, x0:x1]
        items.append(TrackMask(0, 0, track, "car", cut, int(x0), int(y0), (240, 320), label))
    return Frame(photo, items, (False, False, True))


def redness(photo):
    """(..., 3) in 0..1 or 0..255 -> share of red."""
    values = photo.astype(np.float32)
    return values[..., 0] / values.sum(-1).clip(1e-3)


@pytest.mark.parametrize("limit", [96, 40])
def test_a_whole_shape_s_photo_lies_on_its_canvas(limit):
    (shape,) = photo_shapes(street(), limit)
    height, width = shape.mask.shape
    assert max(height, width) <= limit
    canvas = np.pad(shape.mask, ((height // 2,) * 2, (width // 2,) * 2))
    assert shape.photo.shape == (*canvas.shape, 3)
    agree = (redness(shape.photo) > 0.45) == canvas
    assert agree.mean() > 0.97


def test_pairs_show_the_object_s_colours_where_it_is_visible():
    shapes = photo_shapes(street()) * 4
    pairs = PhotoPairs(shapes, side=32, size=32, classes=SMALL.classes, batch=12, steps=2, seed=0)
    batch = pairs[1]
    assert torch.equal(batch.modal.photo, pairs[1].modal.photo)
    visible = batch.modal.mask[:, 0].numpy() > 0.99
    red = redness(batch.modal.photo.permute(0, 2, 3, 1).numpy()) > 0.45
    assert red[visible].mean() > 0.9


def test_mirrored_partials_have_mirrored_colours():
    partials = photo_partials(street(), 32, 32)
    assert [partial.track for partial in partials] == [(0, 0), (0, 1), (0, 2)]
    batches = PhotoPartials(partials[2:], classes=SMALL.classes, batch=12, steps=1, seed=0)
    batch = batches[0]
    mask = batch.modal.mask[:, 0].numpy() > 0.5
    assert (mask[:, 0, -1] != mask[0, 0, -1]).any() or (mask[:, -1, -1] != mask[0, -1, -1]).any()
    red = redness(batch.modal.photo.permute(0, 2, 3, 1).numpy()) > 0.45
    assert (red == mask).mean() > 0.95


def test_both_stages_run_from_annotated_photos_and_resume(learnt, tmp_path, monkeypatch):
    root = annotation_files.write_kins(tmp_path / "kins")
    sights, skipped = train_rgb.read("kins", root, SMALL.size, TINY.side)
    assert sights.shapes
    assert sights.partials
    assert not skipped.counts
    stages = (StageConfig(1), StageConfig(3, 4), StageConfig(2, 4, rehearsal=1.0))
    config = RGBTraining(TINY, TrainConfig(model=SMALL, stages=stages, average=0.5), "random")
    real = train_rgb.partial_loss

    def killed(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(train_rgb, "partial_loss", killed)
    with pytest.raises(KeyboardInterrupt):
        train_rgb.train(config, sights, learnt, tmp_path / "out", CPU)
    assert (tmp_path / "out" / "rgb2.pt").is_file()
    monkeypatch.setattr(train_rgb, "partial_loss", real)
    train_rgb.train(config, sights, learnt, tmp_path / "out", CPU)
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["rgb.json", FILE_NAME]
    assert load_rgb(tmp_path / "out")[1].trained_classes


def test_photos_that_do_not_fit_are_counted(tmp_path):
    root = annotation_files.write_kins(tmp_path)
    first, second, _ = sorted((root / "training" / "image_2").iterdir())
    first.unlink()
    second.write_bytes(b"not a photo")
    skipped = Skipped()
    assert len(list(frames("kins", root, skipped))) == 1
    assert list(skipped.counts) == ["its photo can't be read"]


def test_without_any_photo_it_says_so(tmp_path):
    root = annotation_files.write_kins(tmp_path)
    for photo in (root / "training" / "image_2").iterdir():
        photo.unlink()
    with pytest.raises(AmodalError, match=r"no whole object with a photo.*its photo can't be read"):
        train_rgb.read("kins", root, 32, 32)


def test_the_resnet_starts_from_a_file(tmp_path):
    torch.manual_seed(1)
    resnet = models.resnet34(weights=None)
    path = tmp_path / "resnet34.safetensors"
    save_file(resnet.state_dict(), path)
    config = replace(TINY, backbone="resnet34")
    model = with_photo(AmodalVAE(SMALL), config)
    load_backbone(model, config, str(path))
    photos = model.encoder.convolutions.photos
    assert torch.equal(photos[0].weight, resnet.conv1.weight)
    assert torch.equal(photos[7][1].conv2.weight, resnet.layer4[1].conv2.weight)


def test_weights_that_cannot_be_had_are_told_with_a_remedy(tmp_path, monkeypatch):
    model = with_photo(AmodalVAE(SMALL), TINY)

    def offline(self, *arguments, **named):
        raise urllib.error.URLError("no route to host")

    monkeypatch.setattr(models.WeightsEnum, "get_state_dict", offline)
    with pytest.raises(AmodalError, match=r"no route to host.*--resnet random"):
        load_backbone(model, TINY, "imagenet")
    with pytest.raises(AmodalError, match="No ResNet weights at"):
        load_backbone(model, TINY, str(tmp_path / "none.pth"))
    save_file({"conv1.weight": torch.zeros(1)}, tmp_path / "other.safetensors")
    with pytest.raises(AmodalError, match="not the weights of a resnet18"):
        load_backbone(model, TINY, str(tmp_path / "other.safetensors"))


def test_wrong_files_are_refused_in_one_sentence(tmp_path):
    with pytest.raises(AmodalError, match="No RGB-Amodal-VAE"):
        load_rgb(tmp_path)
    model = with_photo(AmodalVAE(SMALL), TINY)
    info = StageInfo(3, SMALL, ("car",), 0.6, {})
    path = save_rgb(tmp_path, model, info, TINY)
    assert load_rgb(tmp_path)[1:] == (info, TINY)
    whole = path.read_bytes()
    tensors = {name: value.clone() for name, value in load_file(path).items()}  # not of the file
    path.write_bytes(whole[:5000])
    with pytest.raises(AmodalError, match="damaged"):
        load_rgb(tmp_path)
    save_file(tensors, path, metadata={"format": "amodal-vae/1"})
    with pytest.raises(AmodalError, match="expected 'amodal-rgb/1'"):
        load_rgb(tmp_path)
    save_file(tensors, path, metadata={"format": "amodal-rgb/1", "info": "{}", "photo": "{}"})
    with pytest.raises(AmodalError, match="config is damaged"):
        load_rgb(tmp_path)


def test_an_unknown_backbone_is_refused(tmp_path, capsys):
    arguments = ["--data", "kins", "--root", str(tmp_path), "--weights", str(tmp_path)]
    assert train_rgb.main([*arguments, "--backbone", "vgg16"]) == 2
    assert "backbone: got 'vgg16', expected one of" in capsys.readouterr().err
    with pytest.raises(ValueError, match="expected uint8"):
        RGBCompleter(None, None, TINY, CPU).on(np.zeros((4, 4)))
