"""Streets with the truth behind every object: `python -m amodal.render --scenes N --out DIR`.

One folder a street, named by its seed: `scene.json` (write.py) and, unless --masks-only, the
pictures that Blender renders of it. Those need bpy, which wants an environment of its own.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from amodal.command import command
from amodal.errors import AmodalError
from amodal.render.layout import street
from amodal.render.scene import Street
from amodal.render.write import write_scene


@command("amodal.render")
def main(arguments: Sequence[str] | None = None) -> None:
    """Write streets; the seeds count up from --seed."""
    options = _parser().parse_args(arguments)
    if options.scenes < 1 or options.seed < 0:
        raise AmodalError("--scenes must be at least 1 and --seed at least 0.")
    render = None if options.masks_only else _renderer()
    for seed in range(options.seed, options.seed + options.scenes):
        drawn = street(seed, scenery=not options.bare)
        folder = options.out / f"{seed:06d}"
        seen = _write(drawn, folder, options.pngs)
        if render is not None:
            render(drawn, folder)
        print(f"{folder}: {len(seen)} objects")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m amodal.render", description=__doc__)
    parser.add_argument("--scenes", type=int, default=1, help="how many streets")
    parser.add_argument("--seed", type=int, default=0, help="of the first street")
    parser.add_argument("--out", type=Path, required=True, help="folder for the streets' folders")
    parser.add_argument("--masks-only", action="store_true", help="no pictures, no Blender")
    parser.add_argument("--pngs", action="store_true", help="masks as PNG files too")
    parser.add_argument(
        "--bare", action="store_true", help="without houses, trees and poles; faster"
    )
    return parser


def _write(drawn: Street, folder: Path, pngs: bool) -> tuple:
    try:
        return write_scene(drawn, folder, pngs)
    except OSError as error:
        raise AmodalError(f"Can't write to {folder} ({error.strerror}): check --out.") from error


def _renderer() -> Callable[[Street, Path], object]:
    """Blender's `render`.

    Raises:
        AmodalError: there is no Blender.
    """
    try:
        import bpy  # noqa: F401

        from amodal.render.blender import render
    except ImportError as error:
        raise AmodalError(
            f"Pictures need Blender as a Python module ({error}): `pip install bpy==4.5.15` in an "
            "environment of its own, since it needs numpy 1.26; or give --masks-only."
        ) from error
    return render


if __name__ == "__main__":
    sys.exit(main())
