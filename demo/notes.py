"""A session as a project, and back: what the app remembers beside the scene, as plain JSON.

settings    {"samples", "seed", "temperature"}, how the next shapes are drawn
versions    of what made it (amodal.versions), for whoever wonders why a seed draws other shapes
layers      by id: "choice" {"number", "settings" or null}, "evidence" {"inside", "outside",
            "box" or null, "absent" (an RLE) or null}, and "locked"; each may be left out
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from amodal.completer import MAX_SAMPLES
from amodal.data.segmentation import check_reach, encode_rle, mask_of
from amodal.errors import AmodalError
from amodal.evidence import Evidence
from amodal.fields import Fields, as_fields
from amodal.geometry import Box
from amodal.project import Project
from amodal.scene import Instance
from demo.session import Choice, Session, Settings, Step

NOTES = "notes"
LARGEST_SEED = 2**63 - 1
HOTTEST = 2.0  # the end of the temperature's slider


def project_of(session: Session, versions: Mapping[str, str] | None = None) -> Project:
    """The session's document as it is now, with what made it. Needs a photo."""
    step = session.step
    notes = {layer.id: _notes_of(session, layer.id) for layer in session.layers}
    return Project(
        session.title,
        step.scene,
        {
            "settings": session.settings._asdict(),
            "layers": {id: note for id, note in notes.items() if note},
            "versions": dict(versions or {}),
        },
    )


def made_otherwise(project: Project, versions: Mapping[str, str]) -> bool:
    """Whether other weights have drawn a project's shapes: the same seed gives others now."""
    notes = as_fields(project.notes, NOTES)
    made = notes.inner("versions") if "versions" in notes else Fields({}, NOTES)
    return "weights" in made and made.text("weights") != versions.get("weights")


def session_of(project: Project, before: Session) -> Session:
    """A session that goes on with a project; the history starts anew, the brush stays.

    Raises:
        AmodalError: the notes aren't what `project_of` writes.
    """
    notes, scene = as_fields(project.notes, NOTES), project.scene
    layers = notes.inner("layers") if "layers" in notes else Fields({}, NOTES)
    chosen, evidence, locked = {}, {}, set()
    for id in layers.values:
        if id not in scene.depth:
            raise layers.error(id, "the id of an object")
        note = layers.inner(id)
        if "choice" in note:
            chosen[id] = _read_choice(note.inner("choice"))
        if "evidence" in note:
            evidence[id] = _read_evidence(note.inner("evidence"), scene.layer(id).instance)
        if "locked" in note and note.yes("locked"):
            locked.add(id)
    settings = _read_settings(notes.inner("settings")) if "settings" in notes else before.settings
    step = Step(scene, chosen, evidence)
    return Session(
        project.title,
        step,
        radius=before.radius,
        settings=settings,
        map=before.map,
        locked=frozenset(locked),
    )


def _notes_of(session: Session, id: str) -> dict[str, Any]:
    step, notes = session.step, {}
    if id in step.chosen:
        choice = step.chosen[id]
        settings = choice.settings._asdict() if choice.settings else None
        notes["choice"] = {"number": choice.number, "settings": settings}
    if id in step.evidence and not step.evidence[id].empty:
        notes["evidence"] = _plain(step.evidence[id])
    if id in session.locked:
        notes["locked"] = True
    return notes


def _plain(evidence: Evidence) -> Mapping[str, Any]:
    absent = evidence.absent
    return {
        "inside": [list(map(float, point)) for point in evidence.inside],
        "outside": [list(map(float, point)) for point in evidence.outside],
        "box": None if evidence.box is None else list(map(float, evidence.box)),
        "absent": None if absent is None or not absent.any() else encode_rle(absent),
    }


def _read_settings(fields: Fields) -> Settings:
    return Settings(
        fields.whole("samples", 1, MAX_SAMPLES),
        fields.whole("seed", 0, LARGEST_SEED),
        fields.number("temperature", 0, HOTTEST),
    )


def _read_choice(fields: Fields) -> Choice:
    if "settings" not in fields:
        return Choice(fields.whole("number", 0, 0))
    settings = _read_settings(fields.inner("settings"))
    return Choice(fields.whole("number", 0, settings.samples), settings)


def _read_evidence(fields: Fields, instance: Instance) -> Evidence:
    size, absent, box = instance.modal.shape, None, None
    try:
        if "box" in fields:
            box = Box(*fields.numbers("box", 4))
            check_reach(box, *size, "its `box`")
        if "absent" in fields:
            absent = mask_of(fields.inner("absent").values, *size, None)
        evidence = Evidence(fields.points("inside"), fields.points("outside"), box, absent)
        evidence.check(instance)
    except AmodalError as error:
        raise AmodalError(f"Marks of {instance.name or 'an object'}: {error}") from error
    return evidence
