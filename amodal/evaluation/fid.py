"""FID and KID of completed objects: `python -m amodal.evaluation.fid --scenes DIR`.

As in the paper, section 5.2: objects that nothing hides are the reference; hidden objects get a
whole shape and invented colours, by the same inpainter for every source of shapes. The more natural
the shapes, the nearer the pictures are to the reference. With --reference true the reference is the
hidden objects themselves, as they truly look: then both sets hold the same objects.

Fréchet and kernel distance are computed by torch-fidelity from features of Inception-v3 (by
--inception FILE or download), or, where these can't be had, of MobileSAM's image encoder, which is
then no FID.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from amodal.command import command
from amodal.completer import Completer
from amodal.errors import AmodalError
from amodal.evaluation.edit_cases import EXAMPLES, FILLS, find_streets
from amodal.evaluation.object_features import FEATURES, Features, distances
from amodal.evaluation.object_pictures import (
    SOURCES,
    completed,
    occluded,
    true_pictures,
    unoccluded,
)
from amodal.evaluation.record import rounded
from amodal.evaluation.report import table
from amodal.hub import fetch_own
from amodal.truth import read_truth

UNOCCLUDED, TRUE = "unoccluded", "true"
REFERENCES = {UNOCCLUDED: "objects that nothing hides", TRUE: "of them as they truly look"}
LEAST = 10  # pictures a set: with fewer a distance means nothing


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Run the evaluation.

    Raises:
        AmodalError: streets, weights or packages that can't be had, or too few objects.
    """
    features = FEATURES[options.features](options.inception)
    folder = fetch_own(options.weights)
    completer = Completer.load(folder, device="cpu")
    inpainter = FILLS[options.fill](folder)
    reference: list[np.ndarray] = []
    sets: dict[str, list[np.ndarray]] = {name: [] for name in SOURCES if name in options.shapes}
    streets = find_streets(options.scenes)
    for number, path in enumerate(streets, start=1):
        print(f"{number} of {len(streets)}: {path.name}", file=sys.stderr)
        truth = read_truth(path)
        hidden = occluded(truth)
        if options.reference == TRUE:
            reference += true_pictures(truth, hidden)
        else:
            reference += unoccluded(truth)
        for name, pictures in sets.items():
            pictures += completed(truth, SOURCES[name](truth, completer), inpainter, hidden)
    return {
        "run": {
            "streets": len(streets),
            "reference": len(reference),
            "kind": options.reference,
            "completed": len(next(iter(sets.values()))),
            "fill": inpainter.name,
            "features": features.name,
        },
        "shapes": rounded(compare(features, reference, sets)),
    }


def compare(
    features: Features, reference: Sequence[np.ndarray], sets: Mapping[str, Sequence[np.ndarray]]
) -> dict[str, dict[str, float]]:
    """Both distances of every set of pictures to the reference.

    Raises:
        AmodalError: a set has fewer than LEAST pictures.
    """
    for name, pictures in {"in the reference": reference, **sets}.items():
        if len(pictures) < LEAST:
            raise AmodalError(
                f"Only {len(pictures)} objects ({name}), expected at least {LEAST}: "
                "give more streets with --scenes."
            )
    expected = features(reference)
    return {name: distances(features(pictures), expected) for name, pictures in sets.items()}


def markdown(document: Mapping[str, Any]) -> str:
    """The report of one run."""
    run = document["run"]
    rows = [
        [name, f"{found['frechet']:.3g}", f"{1000 * found['kernel']:.3g}"]
        for name, found in document["shapes"].items()
    ]
    about = (
        f"{run['streets']} streets: {run['completed']} hidden objects completed (filled by "
        f"{run['fill']}); reference: {run['reference']} {REFERENCES[run['kind']]}. "
        f"Features: {run['features']}."
    )
    return f"{about}\n\n{table(['shapes', 'Fréchet distance', 'kernel distance × 1000'], rows)}"


@command("amodal.evaluation.fid")
def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m amodal.evaluation.fid", description=__doc__)
    parser.add_argument("--scenes", type=Path, nargs="+", metavar="DIR", default=[EXAMPLES])
    parser.add_argument("--shapes", nargs="+", choices=SOURCES, default=list(SOURCES))
    parser.add_argument("--fill", choices=FILLS, default="mi-gan")
    parser.add_argument(
        "--reference",
        choices=REFERENCES,
        default=UNOCCLUDED,
        help="objects that nothing hides, as in the paper, or the same ones as they truly look",
    )
    parser.add_argument("--features", choices=FEATURES, default="inception")
    parser.add_argument("--inception", type=Path, help="torch-fidelity's weights of Inception-v3")
    parser.add_argument("--weights", help="folder or Hub repository of ours; default: bundled")
    parser.add_argument("--json", type=Path, help="file to write to")
    options = parser.parse_args(arguments)
    document = measure(options)
    print(markdown(document))
    if options.json:
        options.json.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
