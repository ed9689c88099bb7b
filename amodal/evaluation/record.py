"""What goes beside scores and into the manifest of the weights."""

from __future__ import annotations

import argparse
import platform
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

from amodal.checkpoint import COMPLETER_FILE
from amodal.evaluation.methods import Context
from amodal.hub import replace_entry
from amodal.hub.manifest import FILE_NAME, WeightFile, describe_file, own_entry

PACKAGES = ("torch", "numpy", "opencv-python")
OPTIONS = (
    "protocol",
    "methods",
    "predicted",
    "held_out",
    "cases",
    "weights",
    "baselines",
    "threshold",
)


def describe(folder: Path, context: Context) -> dict:
    """The weights and versions behind scores, for whoever reads them later."""
    entry = own_entry(folder / FILE_NAME, COMPLETER_FILE)
    rivals = context.baselines.glob("*.safetensors") if context.baselines else ()
    return {
        "weights": {"name": entry.name, "sha256": _digests(entry.files)},
        "baselines": _digests(describe_file(path) for path in sorted(rivals)),
        "threshold": context.completer.info.threshold,
        "samples": context.samples,
        "seed": context.seed,
        "versions": {"python": platform.python_version()}
        | {package: version(package) for package in PACKAGES},
    }


def rounded(document: object) -> object:
    """A JSON document with its numbers to five decimals: less is noise of the last bits."""
    if isinstance(document, float):
        return round(document, 5)
    if isinstance(document, Mapping):
        return {key: rounded(value) for key, value in document.items()}
    return (
        [rounded(value) for value in document] if isinstance(document, (list, tuple)) else document
    )


def _digests(files: Iterable[WeightFile]) -> dict[str, str]:
    return {file.file: file.sha256 for file in files}


def command_line(options: argparse.Namespace) -> str:
    """The command line that gives these scores again, with DIR for the data's folder.

    Names no folder of this machine.
    """
    parts = ["python", "-m", "amodal.evaluate", "--data", options.data]
    parts += ["--root", "DIR"] if options.root else []
    for name in OPTIONS:
        value = getattr(options, name)
        if value is not None:
            values = value if isinstance(value, list) else [value]
            parts += ["--" + name.replace("_", "-"), *(_plain(v) for v in values)]
    if options.stage != 3:
        parts += ["--stage", str(options.stage)]
    if options.against != "mode":
        parts += ["--against", options.against]
    return shlex.join(parts)


def _plain(value: object) -> str:
    is_folder = isinstance(value, (str, Path)) and Path(value).is_dir()
    return Path(value).resolve().name if is_folder else f"{value}"


def record(manifest: Path, results: Mapping[str, Mapping[str, Mapping]]) -> None:
    """Enter the plain scores, rounded to 4 digits, into the own entry of a manifest."""
    entry = own_entry(manifest, COMPLETER_FILE)
    rounded = {
        protocol: {method: _scalars(block) for method, block in table.items()}
        for protocol, table in results.items()
    }
    replace_entry(manifest, replace(entry, scores={**entry.scores, **rounded}))


def _scalars(block: Mapping) -> dict[str, float]:
    found = {name: value for name, value in block.items() if isinstance(value, float)}
    if "calibration" in block:
        found["ece"] = block["calibration"]["ece"]
    return {name: round(value, 4) for name, value in found.items()}
