"""Masks of whole sequences, found by key; and lists of masks whose truth is borrowed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from amodal.data.kitti_mots import TrackMask
from amodal.errors import AmodalError
from amodal.evaluation.borrowed import Voter, Wholes
from amodal.evaluation.surroundings import Surroundings, by_frame, look_around
from amodal.evaluation.transfer import Shift

Key = tuple[int, int, int]  # sequence, frame, track


class Row(NamedTuple):
    """A mask, and whose majority completes it.

    Args:
        key: of the mask.
        voters: (frame of the source in the same track, its shift), the best first.
    """

    key: Key
    voters: tuple[tuple[int, Shift], ...]

    def to_json(self) -> list:
        return [list(self.key), [[frame, *shift] for frame, shift in self.voters]]

    @classmethod
    def from_json(cls, line: Sequence) -> Row:
        key, voters = line
        return cls(tuple(key), tuple((frame, Shift(*shift)) for frame, *shift in voters))

    @classmethod
    def of(cls, item: TrackMask, voters: Iterable[Voter]) -> Row:
        return cls(item.key, tuple((source.frame, shift) for source, shift in voters))


class Recording:
    """All masks of some sequences, with the clean whole ones among them."""

    def __init__(self, items: Sequence[TrackMask]) -> None:
        self.items = items
        self.wholes = Wholes(items, by_frame(items))
        self._by_key = {item.key: item for item in items}

    def around(self, item: TrackMask) -> Surroundings:
        """What is seen around a labelled mask."""
        return look_around(item, self.wholes.frames[item.sequence, item.frame])

    def find(self, key: Key) -> TrackMask:
        """A mask by its key.

        Raises:
            AmodalError: the data lacks it, or it has no label.
        """
        item = self._by_key.get(key)
        if item is None or item.label is None:
            raise AmodalError(
                f"The protocol needs the labelled mask (sequence, frame, track) {key}, which the "
                "data lacks: use the official KITTI MOTS training annotations and labels."
            )
        return item

    def voters(self, row: Row) -> list[Voter]:
        """The voters of a row, as masks."""
        sequence, _, track = row.key
        return [(self.find((sequence, frame, track)), shift) for frame, shift in row.voters]
