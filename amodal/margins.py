"""How much around an object that has left its place is repainted with it."""

from __future__ import annotations

from dataclasses import dataclass

from amodal.errors import AmodalError

MOST = 0.5


@dataclass(frozen=True)
class Margins:
    """Shares of the object's own size, so that they fit near and far objects.

    The defaults were compared with others on rendered streets (docs/edits.md).

    Args:
        rim: width of the rim around it, as a share of the square root of its visible area; 3 pixels
            at least, since masks are never exact.
        shadow: height of the strip below it, for its contact shadow, as a share of its height.

    Raises:
        AmodalError: a share that is no number between 0 and MOST.
    """

    rim: float = 0.03
    shadow: float = 0.08

    def __post_init__(self) -> None:
        for name in ("rim", "shadow"):
            share = getattr(self, name)
            if not 0 <= share <= MOST:  # nan is not, either
                raise AmodalError(
                    f"The {name} would be {share:.0%} of the object's size: choose a share "
                    f"between 0 and {MOST:.0%}."
                )
