"""RGB-Amodal-VAE (paper, section 5.1): the encoder of partial masks also sees the photo.

As in the paper, features of an ImageNet-trained ResNet-50 of the RGB crop are laid beside the mask
encoder's own, two more convolutions merge the two, and the ResNet is finetuned with the rest. The
crop is the one that the mask is squeezed from. Ours, since the paper leaves it open: the crop's
size, the widths, where they meet (on the mask encoder's innermost feature map), and that what the
photo says is *added* to what the mask says, so that stage 1's encoder keeps its meaning.

Nothing else changes: a mask (B, 1, S, S) becomes a `Seen`, and the network, the losses of stages 2
and 3 and the completer take it as they take a mask. The paper found that RGB does not help (61.97
against 62.85 invisible mIoU). Here it is not measured on real objects, because the project has no
photos of KITTI; tests train it on small synthetic ones, in which colour alone tells what is hidden.

Shape letters: P = RGBConfig.side; B, S, C, F as in model.py.
"""

from __future__ import annotations

import urllib.error
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchvision import models

from amodal import tensor_file
from amodal.checkpoint import StageInfo, parse_info
from amodal.completer import Completer, Query
from amodal.device import pick_device
from amodal.errors import AmodalError
from amodal.geometry import Box, resize
from amodal.hub import read_tensors
from amodal.model import AmodalVAE
from amodal.scene import paste_window

FORMAT = "amodal-rgb/1"
FILE_NAME = "rgb.safetensors"
BACKBONES = ("resnet18", "resnet34", "resnet50", "resnet101")
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of the photos ResNets are trained on


@dataclass(frozen=True)
class RGBConfig:
    """How the photo is looked at.

    Args:
        backbone: one of BACKBONES; the paper's is resnet50.
        side: P, of the squeezed RGB crop. A ResNet divides it by 32: at 128 its features are 4 x 4,
            as the mask encoder's.
        width: channels between the two merging convolutions.
    """

    backbone: str = "resnet50"
    side: int = 128
    width: int = 512

    def __post_init__(self) -> None:
        if self.backbone not in BACKBONES:
            raise ValueError(f"backbone: got {self.backbone!r}, expected one of {BACKBONES}")


@dataclass(frozen=True, eq=False)
class Seen:
    """What the encoder sees of B objects; takes the place of their masks.

    Args:
        mask: (B, 1, S, S) in 0..1, crop frame.
        photo: (B, 3, P, P) RGB in 0..1, the same crops.
    """

    mask: Tensor
    photo: Tensor

    def to(self, device: torch.device) -> Seen:
        return Seen(self.mask.to(device), self.photo.to(device))

    @property
    def shape(self) -> torch.Size:
        """The mask's."""
        return self.mask.shape

    @property
    def device(self) -> torch.device:
        return self.mask.device


class Trunk(nn.Module):
    """The convolutions of an encoder that sees mask and photo: Seen -> (B, C * grid * grid)."""

    def __init__(self, masks: nn.Sequential, widths: tuple[int, int], config: RGBConfig) -> None:
        """Put a photo beside a mask.

        Args:
            masks: the mask's convolutions.
            widths: channels that come out of `masks` and of the ResNet.
            config: of the photo.
        """
        super().__init__()
        self.masks = masks
        self.photos = nn.Sequential(*_layers(models.get_model(config.backbone, weights=None)))
        self.merge = nn.Sequential(
            nn.Conv2d(sum(widths), config.width, 3, padding=1, bias=False),
            nn.BatchNorm2d(config.width),
            nn.ReLU(),
            nn.Conv2d(config.width, widths[0], 3, padding=1),
        )
        self.register_buffer("mean", torch.tensor(MEAN)[:, None, None], persistent=False)
        self.register_buffer("std", torch.tensor(STD)[:, None, None], persistent=False)

    def forward(self, seen: Seen) -> Tensor:
        mask = self.masks(seen.mask)  # (B, C, grid, grid)
        photo = self.photos((seen.photo - self.mean) / self.std)  # (B, C', P / 32, P / 32)
        photo = F.adaptive_avg_pool2d(photo, mask.shape[-2:])
        return (mask + self.merge(torch.cat([mask, photo], dim=1))).flatten(1)


def _layers(resnet: nn.Module) -> list[nn.Module]:
    """A ResNet without its pooling and its classifier."""
    return [layer for name, layer in resnet.named_children() if name not in ("avgpool", "fc")]


def with_photo(model: AmodalVAE, config: RGBConfig) -> AmodalVAE:
    """Let a model's encoder see photos; changes and returns the model. The ResNet is random."""
    convolutions = model.encoder.convolutions
    masks = nn.Sequential(*[c for c in convolutions if not isinstance(c, nn.Flatten)])
    features = models.get_model(config.backbone, weights=None).fc.in_features
    model.encoder.convolutions = Trunk(masks, (model.config.channels[-1], features), config)
    return model


def load_backbone(model: AmodalVAE, config: RGBConfig, weights: str) -> None:
    """Give the ResNet of a model its first weights.

    Args:
        weights: "imagenet", which torchvision downloads, or its cache has; "random"; or a file, as
            torchvision or safetensors store it.

    Raises:
        AmodalError: they can't be had, or do not fit.
    """
    if weights == "random":
        return
    resnet = models.get_model(config.backbone, weights=None)
    tensors = _imagenet(config.backbone) if weights == "imagenet" else _from_file(Path(weights))
    try:
        resnet.load_state_dict(tensors)
    except RuntimeError as error:
        raise AmodalError(
            f"{weights}: not the weights of a {config.backbone} ({error})."
        ) from error
    model.encoder.convolutions.photos.load_state_dict(nn.Sequential(*_layers(resnet)).state_dict())


def _imagenet(name: str) -> dict[str, Tensor]:
    weights = models.get_model_weights(name).DEFAULT
    try:
        return dict(weights.get_state_dict(progress=False, check_hash=True))
    except (urllib.error.URLError, OSError, RuntimeError) as error:
        raise AmodalError(
            f"The ImageNet weights of {name} can't be downloaded ({error}): fetch {weights.url} "
            "elsewhere and give the file by --resnet, or train without them by --resnet random."
        ) from error


def _from_file(path: Path) -> dict[str, Tensor]:
    if not path.is_file():
        raise AmodalError(f"No ResNet weights at {path}: give a file, `imagenet` or `random`.")
    return read_tensors(path)


def cut_photo(photo: np.ndarray, box: Box, height: int, width: int) -> np.ndarray:
    """Cut a box out of a photo (H, W, 3) uint8 and squeeze it; black beyond the photo.

    Returns:
        (height, width, 3) float32 in 0..1.
    """
    x0, y0 = int(np.floor(box.x0)), int(np.floor(box.y0))
    x1, y1 = max(int(np.ceil(box.x1)), x0 + 1), max(int(np.ceil(box.y1)), y0 + 1)
    cut = paste_window(photo, -x0, -y0, y1 - y0, x1 - x0).astype(np.float32) / 255
    return np.stack([resize(cut[..., c], height, width) for c in range(3)], axis=-1)


class _Sighted(Completer):
    """A completer that looks at one photo."""

    def __init__(
        self, model: AmodalVAE, info: StageInfo, device: torch.device, look: tuple[np.ndarray, int]
    ) -> None:
        super().__init__(model, info, device)
        self.photo, self.side = look

    def _tensors(self, queries: list[Query]) -> tuple[Seen, Tensor, Tensor]:
        mask, class_id, cue = super()._tensors(queries)
        crops = [cut_photo(self.photo, query.crop, self.side, self.side) for query in queries]
        photo = torch.from_numpy(np.stack(crops)).permute(0, 3, 1, 2).to(self.device)
        return Seen(mask, photo), class_id, cue


@dataclass(frozen=True, eq=False)
class RGBCompleter:
    """RGB-Amodal-VAE ready for use: `RGBCompleter.load(folder).on(photo).complete(instance)`.

    Args:
        model: whose encoder sees photos (with_photo).
        info: of its training.
        config: of the photo.
        device: to compute on.
    """

    model: AmodalVAE
    info: StageInfo
    config: RGBConfig
    device: torch.device

    @classmethod
    def load(cls, folder: Path, device: str = "auto") -> RGBCompleter:
        """Load `rgb.safetensors` from a folder.

        Raises:
            AmodalError: the file is missing, damaged or of another kind.
        """
        model, info, config = load_rgb(folder)
        return cls(model, info, config, pick_device(device))

    def on(self, photo: np.ndarray) -> Completer:
        """The completer of one photo's objects.

        Args:
            photo: (H, W, 3) uint8 RGB, as large as the masks of its instances.
        """
        if photo.dtype != np.uint8 or photo.ndim != 3 or photo.shape[2] != 3:
            raise ValueError(f"photo: got {photo.dtype} {photo.shape}, expected uint8 (H, W, 3)")
        return _Sighted(self.model, self.info, self.device, (photo, self.config.side))


def save_rgb(folder: Path, model: AmodalVAE, info: StageInfo, config: RGBConfig) -> Path:
    """Write the whole network, decoder included, into one file."""
    path = folder / FILE_NAME
    tensor_file.write(
        path, FORMAT, {"model": model}, {"info": asdict(info), "photo": asdict(config)}
    )
    return path


def load_rgb(folder: Path) -> tuple[AmodalVAE, StageInfo, RGBConfig]:
    """Read the network, in eval mode on the CPU.

    Raises:
        AmodalError: the file is missing, damaged or of another kind.
    """
    path = folder / FILE_NAME
    absent = f"No RGB-Amodal-VAE at {path}: train it with `python -m amodal.baselines.train_rgb`."
    header, tensors = tensor_file.read(path, FORMAT, absent)
    info = parse_info(path, header.get("info"))
    try:
        config = RGBConfig(**header["photo"])
    except (ValueError, KeyError, TypeError) as error:
        raise AmodalError(f"{path}: its config is damaged ({error}).") from error
    model = with_photo(AmodalVAE(info.model), config)
    tensor_file.load_into(model, tensors, "model")
    return model.eval(), info, config
