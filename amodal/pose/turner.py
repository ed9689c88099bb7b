"""A car's cut-out in another pose. A generative preview: the sides never seen are made up."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor

from amodal.device import device_of, pick_device
from amodal.errors import AmodalError
from amodal.geometry import tight_box
from amodal.looks import Appearance
from amodal.pose.checkpoint import load
from amodal.pose.framing import as_car, framing, premultiplied
from amodal.pose.gallery import Gallery, Pose
from amodal.pose.layout import planes

SHADE = 0.55  # darkness of the contact shadow, 0..1
SHADOW = 0.07  # its height below the car's foot, ÷ the car's height
SMALLEST = 8  # pixels of a car's height
LESS, MOST = 0.06, 16  # poses that are tried: IoU below the best one's, and their number
MISFIT = 0.3  # what a silhouette that doesn't fit costs beside colours in 0..1


class Turner:
    """Turns cars.

    Args:
        path: `pose.safetensors`.
        gallery: the poses to choose from.
        device: "auto", "cpu", "cuda" or "mps".

    Raises:
        AmodalError: the file is missing or damaged.
    """

    def __init__(self, path: Path, gallery: Gallery, device: str = "auto") -> None:
        network, _ = load(path)
        self.gallery = gallery
        self._network = network.to(pick_device(device), memory_format=torch.channels_last)

    def turn(self, look: Appearance, now: Pose, new: Pose) -> Appearance:
        """The same car in another pose, standing on the same spot.

        Args:
            look: the whole car's colours.
            now: its pose, as from pose_of(); says how large a pixel of a layout is.
            new: the wanted pose.

        Returns:
            The car with its contact shadow; its foot's middle is where it was.

        Raises:
            AmodalError: the car is too small to tell anything about it.
        """
        box = tight_box(look.rgba[..., 3] > 0)
        if box.height < SMALLEST:
            raise AmodalError(
                f"The car is {box.height:.0f} pixels high: choose one of at least {SMALLEST}."
            )
        colours, alpha = self.paint(look.rgba, self.gallery.layout(new))
        per_pixel = box.height / tight_box(self.gallery.layout(now) > 0).height
        size = tight_box(self.gallery.layout(new) > 0)
        width, height = (max(round(per_pixel * length), 1) for length in (size.width, size.height))
        rgba = np.dstack([_resized(colours, width, height), _outline(alpha, width, height)])
        foot_x, foot_y = look.x0 + (box.x0 + box.x1) / 2, look.y0 + box.y1
        shaded, margin = with_shadow(rgba)
        return Appearance(
            shaded, round(foot_x - width / 2) - margin, round(foot_y) - height - margin
        )

    @torch.inference_mode()
    def pose_of(self, look: Appearance) -> Pose:
        """The pose of a car, by its silhouette and by its colours.

        Cars seen from the front and from the back have nearly the same silhouette. So the network
        paints the car in all poses that fit about as well as the best, and the most similar
        painting decides.

        Args:
            look: the whole car's colours.
        """
        fitting = self.gallery.alike(look.rgba[..., 3] > 0, LESS, MOST)
        car = self._car(look.rgba)
        wanted = torch.cat([self._planes(self.gallery.layout(pose)) for pose, _ in fitting])
        code = self._network.encoder(car).mean.expand(len(fitting), -1)
        painted = self._network.generate(code, wanted)
        shared = (1 - wanted[:, :1]) * (car[:, 3:] > 0.5)  # (K, 1, S, S), plane 0 is no part
        counts = 3 * shared.sum((1, 2, 3)).clamp(min=1)
        apart = ((painted - car[:, :3]).abs() * shared).sum((1, 2, 3)) / counts
        misfit = torch.tensor([1 - iou for _, iou in fitting], device=car.device)
        return fitting[int((apart + MISFIT * misfit).argmin())][0]

    @torch.inference_mode()
    def paint(self, rgba: np.ndarray, layout: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """A car's colours in a layout.

        Args:
            rgba: (h, w, 4) uint8, straight alpha, the whole car.
            layout: (s, s) uint8, numbers of PARTS.

        Returns:
            Colours (h', w', 3) uint8 and alpha (h', w') uint8 of the layout's tight box, at the
            network's resolution.
        """
        painted = self._network(self._car(rgba), self._planes(layout))[0]
        levels = (255 * painted).round().to(torch.uint8)
        colours = levels.permute(1, 2, 0).cpu().numpy()
        frame = framing(layout > 0, self._network.config.side)
        alpha = frame.squared(255 * (layout > 0).astype(np.uint8))
        return colours[frame.inside], alpha[frame.inside]

    def _car(self, rgba: np.ndarray) -> Tensor:
        """A cut-out in its square, as the encoder sees it: (1, 4, S, S)."""
        frame = framing(rgba[..., 3] > 0, self._network.config.side)
        return self._tensor(as_car(frame.squared(premultiplied(rgba))))

    def _planes(self, layout: np.ndarray) -> Tensor:
        """A layout in its square, as the generator sees it: (1, P, S, S)."""
        frame = framing(layout > 0, self._network.config.side)
        return self._tensor(planes(frame.squared(layout, labels=True)))

    def _tensor(self, values: np.ndarray) -> Tensor:
        return torch.from_numpy(values)[None].to(device_of(self._network))


def _resized(picture: np.ndarray, width: int, height: int) -> np.ndarray:
    how = cv2.INTER_AREA if width < picture.shape[1] else cv2.INTER_CUBIC
    return cv2.resize(picture, (width, height), interpolation=how)


def _outline(alpha: np.ndarray, width: int, height: int) -> np.ndarray:
    """A mask of 0 and 255 at another size, (height, width) uint8: smooth where it is enlarged, soft
    over about two pixels."""
    smooth = cv2.GaussianBlur(alpha, (0, 0), 0.7, borderType=cv2.BORDER_CONSTANT)
    values = _resized(smooth, width, height).astype(np.float32)
    steeper = max(width / alpha.shape[1], 1.0)
    return np.clip(np.rint(127.5 + steeper * (values - 127.5)), 0, 255).astype(np.uint8)


def with_shadow(rgba: np.ndarray) -> tuple[np.ndarray, int]:
    """A car over a soft dark ellipse at its foot.

    Args:
        rgba: (h, w, 4) uint8, the tight cut-out.

    Returns:
        The same with room around it, and how many pixels of room there are on each side.
    """
    height, width = rgba.shape[:2]
    reach = max(round(SHADOW * height), 1)
    margin = 3 * reach
    car = np.pad(rgba, ((margin, margin), (margin, margin), (0, 0))).astype(np.float32)
    shade = np.zeros(car.shape[:2], np.float32)
    centre = margin + width // 2, margin + height - reach // 2
    cv2.ellipse(shade, centre, (max(width // 2 - reach // 2, 1), reach), 0, 0, 360, 1.0, -1)
    shade = SHADE * cv2.GaussianBlur(shade, (0, 0), 0.6 * reach)
    own = car[..., 3] / 255
    alpha = own + shade * (1 - own)
    colours = car[..., :3] * (own / np.maximum(alpha, 1e-6))[..., None]
    out = np.dstack([colours, 255 * alpha])
    return np.clip(np.rint(out), 0, 255).astype(np.uint8), margin
