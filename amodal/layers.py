"""The document: a photo taken apart into layers, and the edits on it. Immutable, no inpainting.

Every edit returns a new scene, so undo is keeping the old one. Invented pixels (appearances of
objects, patches of the plate) are remembered in the scene by what they depend on; they depend on
the photo only, never on where a layer is now, so no edit but a new completion makes them stale.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from amodal.depth import guess_depth_order
from amodal.errors import AmodalError
from amodal.geometry import Box, tight_box
from amodal.looks import Appearance, Patch, PatchKey, Turned
from amodal.margins import Margins
from amodal.placement import Placement, place
from amodal.scene import Completion, Instance, paste_window

MIN_SCALE, MAX_SCALE = 0.05, 8.0
MAX_SHIFT = 1_000_000
OVERLAP = 0.02  # share of the smaller silhouette from which a change of order can be seen


@dataclass(frozen=True, eq=False)
class Layer:
    """One object of a scene.

    Args:
        id: stable name, whatever the order: "object-1" for the first instance, and so on.
        instance: what the photo shows of it.
        completion: its chosen whole shape; contains the modal mask.
        placement: where it stands now.
        appearance: its colours, once an edit has needed them.
        turned: its other pose, or None: as in the photo.
    """

    id: str
    instance: Instance
    completion: Completion
    placement: Placement = field(default_factory=Placement)
    appearance: Appearance | None = None
    turned: Turned | None = None

    @property
    def in_place(self) -> bool:
        """Whether the object stands as in the photo."""
        return self.placement.in_place and self.turned is None

    @property
    def look(self) -> Appearance | None:
        """The colours that it shows when it is not in place."""
        return self.turned.look if self.turned else self.appearance

    @property
    def box(self) -> Box:
        """The tight amodal box in the photo (before any placement), image frame."""
        return self.completion.box

    @property
    def foot(self) -> tuple[float, float]:
        """(x, y) of the bottom centre of the amodal box in the photo."""
        box = self.box
        return (box.x0 + box.x1) / 2, box.y1

    def silhouette(self, height: int, width: int) -> np.ndarray:
        """The whole shape where the object stands now, (height, width) bool."""
        if self.in_place:
            return self.completion.on_photo(height, width)
        whole = self.completion
        if self.turned:
            whole = Completion(self.turned.mask, self.turned.look.x0, self.turned.look.y0)
        affine = self.placement.affine(self.foot)
        mask = whole.mask.astype(np.float32)
        window, x0, y0 = place(mask, whole.x0, whole.y0, affine, height, width)
        return paste_window(window >= 0.5, x0, y0, height, width)


@dataclass(frozen=True, eq=False)
class LayeredScene:
    """A photo and its objects, back to front.

    Args:
        photo: (H, W, 3) uint8 RGB, never changed.
        layers: back to front, as they are stacked now.
        depth: the ids back to front, as they stand in the photo.
        patches: the parts of the plate that have been painted so far.
        margins: what is repainted around objects that leave their place.
    """

    photo: np.ndarray
    layers: tuple[Layer, ...]
    depth: tuple[str, ...]
    patches: Mapping[PatchKey, Patch] = field(default_factory=dict)
    margins: Margins = Margins()

    @classmethod
    def from_photo(
        cls,
        photo: np.ndarray,
        instances: Sequence[Instance],
        completions: Sequence[Completion],
    ) -> LayeredScene:
        """Take a photo apart; the depth order is guessed from the completions.

        Args:
            photo: (H, W, 3) uint8 RGB.
            instances: objects with masks as large as the photo. Where masks overlap, the pixel
                belongs to the object in front.
            completions: one whole shape for each instance; visible pixels are added to it.

        Raises:
            AmodalError: an instance's mask is empty.
            ValueError: sizes or counts that don't agree.
        """
        if photo.dtype != np.uint8 or photo.ndim != 3 or photo.shape[2] != 3:
            raise ValueError(f"photo: got {photo.dtype} {photo.shape}, expected uint8 (H, W, 3)")
        for instance in instances:
            if instance.modal.shape != photo.shape[:2]:
                raise ValueError(
                    f"modal: got {instance.modal.shape}, expected the photo's {photo.shape[:2]}"
                )
        whole = [
            _with_modal(completion, instance.modal)
            for instance, completion in zip(instances, completions, strict=True)
        ]
        layers = [
            Layer(f"object-{number}", instance, completion)
            for number, (instance, completion) in enumerate(
                zip(instances, whole, strict=True), start=1
            )
        ]
        ordered = tuple(layers[index] for index in guess_depth_order(instances, whole))
        photo = photo.copy()
        photo.setflags(write=False)
        return cls(photo, ordered, tuple(layer.id for layer in ordered))

    @property
    def away(self) -> tuple[str, ...]:
        """Ids of the layers that don't stand as in the photo, back to front as stacked now."""
        return tuple(layer.id for layer in self.layers if not layer.in_place)

    def layer(self, id: str) -> Layer:
        """The layer of this id. Raises ValueError for an unknown one."""
        return self.layers[self._index(id)]

    def move(self, id: str, dx: float, dy: float) -> LayeredScene:
        """Shift an object by (dx, dy) pixels from where it stands now.

        Raises:
            AmodalError: a shift that is no number of pixels up to a million.
        """
        place = self.layer(id).placement
        dx, dy = place.dx + float(dx), place.dy + float(dy)
        if not (abs(dx) <= MAX_SHIFT and abs(dy) <= MAX_SHIFT):  # nan is not, either
            raise AmodalError(
                f"The object would be moved by ({dx:g}, {dy:g}) pixels: "
                f"choose a shift of at most {MAX_SHIFT:,} pixels."
            )
        return self._place(id, dx=dx, dy=dy)

    def scale(self, id: str, factor: float) -> LayeredScene:
        """Enlarge (factor > 1) or shrink an object about its foot.

        Raises:
            AmodalError: the result is smaller than 0.05 or larger than 8 times the original.
        """
        scale = self.layer(id).placement.scale * float(factor)
        if not MIN_SCALE <= scale <= MAX_SCALE:
            raise AmodalError(
                f"The object would be {scale:.3g} times its size in the photo: "
                f"choose a size between {MIN_SCALE} and {MAX_SCALE:g} times."
            )
        return self._place(id, scale=scale)

    def flip(self, id: str) -> LayeredScene:
        """Mirror an object left to right about its foot."""
        return self._place(id, flip=not self.layer(id).placement.flip)

    def delete(self, id: str) -> LayeredScene:
        """Take an object out; what is behind it appears."""
        return self._place(id, visible=False)

    def restore(self, id: str) -> LayeredScene:
        """Show a deleted object again, where it stood when it was deleted."""
        return self._place(id, visible=True)

    def put_back(self, id: str) -> LayeredScene:
        """Let an object stand as in the photo again; its place in the order stays."""
        return self._swap(replace(self.layer(id), placement=Placement(), turned=None))

    def reset(self) -> LayeredScene:
        """The photo as it was; chosen completions and painted pixels are kept."""
        by_id = {
            layer.id: replace(layer, placement=Placement(), turned=None) for layer in self.layers
        }
        return replace(self, layers=tuple(by_id[id] for id in self.depth))

    def with_completion(self, id: str, completion: Completion) -> LayeredScene:
        """Choose another whole shape for an object; its colours are invented anew when needed."""
        layer = self.layer(id)
        whole = _with_modal(completion, layer.instance.modal)
        return self._swap(replace(layer, completion=whole, appearance=None, turned=None))

    def with_turned(self, id: str, turned: Turned | None) -> LayeredScene:
        """Show an object in another pose (amodal.turn makes it), or in its own again."""
        return self._swap(replace(self.layer(id), turned=turned))

    def bring_forward(self, id: str) -> LayeredScene:
        """In front of the nearest object in front that overlaps it; else one step forward."""
        index = self._index(id)
        ahead = range(index + 1, len(self.layers))
        return self._shift(index, next(filter(lambda i: self._overlap(index, i), ahead), index + 1))

    def send_back(self, id: str) -> LayeredScene:
        """Behind the nearest object behind that overlaps it; else one step back."""
        index = self._index(id)
        behind = range(index - 1, -1, -1)
        return self._shift(
            index, next(filter(lambda i: self._overlap(index, i), behind), index - 1)
        )

    def with_order(self, ids: Sequence[str]) -> LayeredScene:
        """Stack the layers in this order, back to front; `ids` names every layer once."""
        if sorted(ids) != sorted(self.depth):
            raise ValueError(f"ids: got {list(ids)}, expected each of {sorted(self.depth)} once")
        return replace(self, layers=tuple(self.layer(id) for id in ids))

    def with_margins(self, margins: Margins) -> LayeredScene:
        """Repaint more or less around objects that leave their place."""
        return self if margins == self.margins else replace(self, margins=margins, patches={})

    def _index(self, id: str) -> int:
        for index, layer in enumerate(self.layers):
            if layer.id == id:
                return index
        raise ValueError(f"id: got {id!r}, expected one of {sorted(self.depth)}")

    def _swap(self, layer: Layer) -> LayeredScene:
        return replace(
            self, layers=tuple(layer if old.id == layer.id else old for old in self.layers)
        )

    def _place(self, id: str, **changes: float | bool) -> LayeredScene:
        layer = self.layer(id)
        return self._swap(replace(layer, placement=replace(layer.placement, **changes)))

    def _shift(self, index: int, target: int) -> LayeredScene:
        if not 0 <= target < len(self.layers):
            return self
        layers = list(self.layers)
        layers.insert(target, layers.pop(index))
        return replace(self, layers=tuple(layers))

    def _overlap(self, first: int, second: int) -> bool:
        one, other = self.layers[first], self.layers[second]
        if not (one.placement.visible and other.placement.visible):
            return False
        size = self.photo.shape[:2]
        first_shape, second_shape = one.silhouette(*size), other.silhouette(*size)
        smaller = min(first_shape.sum(), second_shape.sum())
        return bool((first_shape & second_shape).sum() > OVERLAP * smaller)


def _with_modal(completion: Completion, modal: np.ndarray) -> Completion:
    """The completion and the visible pixels, in the tightest window around both."""
    seen = tight_box(modal)
    x0, y0 = min(completion.x0, int(seen.x0)), min(completion.y0, int(seen.y0))
    h, w = completion.mask.shape
    x1, y1 = max(completion.x0 + w, int(seen.x1)), max(completion.y0 + h, int(seen.y1))
    mask = paste_window(completion.mask, completion.x0 - x0, completion.y0 - y0, y1 - y0, x1 - x0)
    mask |= paste_window(modal, -x0, -y0, y1 - y0, x1 - x0)
    tight = tight_box(mask)
    window = mask[int(tight.y0) : int(tight.y1), int(tight.x0) : int(tight.x1)]
    return replace(completion, mask=window, x0=x0 + int(tight.x0), y0=y0 + int(tight.y0))
