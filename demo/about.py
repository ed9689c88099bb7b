"""What the page says about the method and the weights. Numbers come from weights/manifest.json."""

from __future__ import annotations

from pathlib import Path

from amodal.hub import BUNDLED, Entry, read_manifest

PAPER = "https://arxiv.org/abs/2011.08367"
METHOD = f"""
**Variational Amodal Object Completion** (Ling, Acuna, Kreis, Kim, Fidler; NeurIPS 2020,
[paper]({PAPER})). From the visible part of an object the network draws whole shapes that could be
behind it. It sees masks and classes, never colours. Hidden pixels are painted afterwards by another
network, and a turned car is a preview that a third one paints. What they show is plausible, not
true: nobody knows what the photo doesn't show. The rendered examples are the exception: our own
code drew them, so the tab "Truth" can tell.

**Licence.** The code is under Apache-2.0. The shape weights were trained on KITTI MOTS (and on
rendered masks of our own) and are for non-commercial use only (CC BY-NC-SA 3.0).
"""
METRICS = {
    "full_miou_pooled": "whole object, IoU",
    "invisible_miou_pooled": "hidden part, IoU",
}
METHODS = {"mode": "most likely shape", "best_of_20": "best of 20 samples"}
PROTOCOLS = {
    "simulated": "KITTI MOTS, simulated occlusion",
    "temporal": "KITTI MOTS, real occlusion",
    "rendered": "rendered streets, all classes",
}


def about_text(folder: Path = BUNDLED) -> str:
    """Markdown about the method, the weights of a folder and their scores."""
    entries = read_manifest(folder / "manifest.json")
    return METHOD + "\n".join(_weights(entry) for entry in entries)


def _weights(entry: Entry) -> str:
    lines = [f"* **{entry.name}**: {entry.what}. Licence: {entry.licence}."]
    if entry.licence_note:
        lines.append(entry.licence_note)
    if entry.trained_on:
        lines.append(f"Trained on {entry.trained_on}.")
    for protocol, title in PROTOCOLS.items():
        scores = [
            f"{METRICS[metric]}, {METHODS[method]}: {value:.1%}"
            for method, metrics in entry.scores.get(protocol, {}).items()
            for metric, value in metrics.items()
            if method in METHODS and metric in METRICS
        ]
        if scores:
            lines.append(f"Measured on {title}: {'; '.join(scores)}.")
    return " ".join(lines)
