"""Detected objects in a session: which of them are outlined, and what their panels show.

The scene is always brought in line with what is wanted: objects that are no longer wanted go,
unless the user has touched them; wanted ones come, unless an object is there already.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import gradio as gr

from amodal.geometry import mask_iou
from amodal.layers import Layer, LayeredScene
from amodal.objects import add_objects, remove_objects
from amodal.pipeline import Pipeline
from amodal.scene import Instance
from amodal.segment.detection import Detection, wanted
from demo import text
from demo.session import Found, Session

SCORE = 0.7  # at first
SAME = 0.5  # IoU with an object of the scene from which a detection is that object


def first_look(detections: Sequence[Detection]) -> Found:
    """All classes are wanted at first, but not what has none: shapes were learned in streets."""
    found = {item.category for item in detections}
    return Found(tuple(detections), SCORE, tuple(sorted(found - {"unknown"} or found)))


def outlined(session: Session, found: Found, pipeline: Pipeline) -> Session:
    """The session with the wanted objects in its scene, not rendered yet.

    All that is done to the filter in a row is one step of the history.

    Args:
        session: with a photo.
        found: what is wanted now.
        pipeline: imagines the new objects' whole shapes.
    """
    here = _here(session.scene, found)
    want = set(wanted(found.detections, found.score, found.categories))
    gone = [
        layer.id
        for number, layer in here.items()
        if found.detections[number] not in want and not _touched(session, layer)
    ]
    kept = remove_objects(session.scene, gone)
    names = {layer.instance.name for layer in kept.layers}
    new: dict[int, Instance] = {}
    for number, item in enumerate(found.detections):
        if item in want and number not in here:
            instance = _instance(found, number, kept, names)
            if all(mask_iou(instance.modal, layer.instance.modal) <= SAME for layer in kept.layers):
                new[number] = instance
                names.add(instance.name)
    session = replace(session, found=found)
    if not gone and not new:
        return session
    scene = _with(kept, list(new.values()), pipeline)
    by_instance = {layer.instance: layer for layer in scene.layers}
    placed = {number: by_instance[instance] for number, instance in new.items()}
    found = replace(found, placed={**found.placed, **placed})
    return replace(_stepped(session, scene, {*gone, *(p.id for p in placed.values())}), found=found)


def panels(session: Session, before: Session) -> dict[str, object]:
    """What the detector's panels show."""
    found = session.found
    shown = {"detect": gr.update(interactive=session.step is not None)}
    if found is None:
        skipped = dict.fromkeys(("least_score", "detected_classes"), gr.skip())
        return {**shown, "detected_part": gr.update(visible=False), "detected": "", **skipped}
    new = before.found is None or found.detections is not before.found.detections
    here = len(_here(session.scene, found))
    return {
        **shown,
        "detected_part": gr.update(visible=bool(found.detections)),
        "detected": text.detected(here, len(found.detections)),
        "least_score": found.score if new else gr.skip(),
        "detected_classes": _classes(found, new) if found is not before.found else gr.skip(),
    }


def _classes(found: Found, new: bool) -> object:
    """The classes with their numbers. Which are wanted is said once: from then on it is the
    user's, whose next click must not be undone by the answer to the last one."""
    every = dict.fromkeys(sorted(item.category for item in found.detections))
    numbers = Counter(i.category for i in wanted(found.detections, found.score, every))
    choices = [(text.class_count(category, numbers[category]), category) for category in every]
    choices.sort(key=lambda choice: choice[1] == "unknown")  # the other things come last
    chosen = {"value": list(found.categories)} if new else {}
    return gr.update(choices=choices, **chosen)


def _here(scene: LayeredScene, found: Found) -> dict[int, Layer]:
    """By the position in the detections, the layers of the scene that they are."""
    by_instance = {layer.instance: layer for layer in scene.layers}
    by_id = {layer.id: layer for layer in scene.layers}
    here = {}
    for number, placed in found.placed.items():
        same, corrected = by_instance.get(placed.instance), by_id.get(placed.id)
        if same:
            here[number] = same
        elif corrected and (corrected.instance.modal & placed.instance.modal).any():
            here[number] = corrected
    return here


def _touched(session: Session, layer: Layer) -> bool:
    """Whether the user has done something to a detected object, so that it must stay."""
    scene, step = session.scene, session.step
    placed = session.found.placed.values() if session.found else ()
    corrected = all(layer.instance is not other.instance for other in placed)
    above = [set(order[order.index(layer.id) :]) for order in (_ids(scene), scene.depth)]
    said = layer.id in step.chosen or layer.id in step.evidence
    return corrected or said or not layer.in_place or above[0] != above[1]


def _ids(scene: LayeredScene) -> tuple[str, ...]:
    return tuple(layer.id for layer in scene.layers)


def _instance(found: Found, number: int, scene: LayeredScene, names: set[str]) -> Instance:
    """The object that a detection is; the same one whenever it comes back."""
    if number in found.placed:
        return found.placed[number].instance
    item = found.detections[number]
    word = item.label if item.category == "unknown" else item.category
    count = 1
    while f"{word} {count}" in names:
        count += 1
    mask = item.on_photo(*scene.photo.shape[:2])
    return Instance(mask, item.category, f"{word} {count}")


def _with(scene: LayeredScene, instances: Sequence[Instance], pipeline: Pipeline) -> LayeredScene:
    """The scene with more objects; all others may hide each of them."""
    if not instances:
        return scene
    everyone = [*(layer.instance for layer in scene.layers), *instances]
    return add_objects(scene, instances, pipeline.modes(instances, everyone))


def _stepped(session: Session, scene: LayeredScene, changed: set[str]) -> Session:
    """The next step of the history, or another last one when the detector made that, too."""
    step, start = session.step, session
    if step.detected and session.past:
        start = replace(session, step=session.past[-1], past=session.past[:-1])
    after = start.edited(scene, step.chosen, step.evidence)
    answers = {id: answer for id, answer in session.answers.items() if id not in changed}
    return replace(
        after,
        step=replace(after.step, detected=True),
        answers=answers,
        picked=None if session.picked in changed else session.picked,
    )


def detected_card() -> dict[str, gr.blocks.Block]:
    """Which of the detected objects are wanted."""
    panels: dict[str, gr.blocks.Block] = {}
    with gr.Column(visible=False, elem_id="found", elem_classes="card") as panels["detected_part"]:
        gr.Markdown(f"### {text.DETECTED}")
        panels["detected"] = gr.Markdown(elem_id="detected")
        panels["least_score"] = gr.Slider(
            0.05, 0.95, 0.7, step=0.05, label=text.SCORE, elem_id="least-score"
        )
        panels["detected_classes"] = gr.CheckboxGroup(
            [], label=text.DETECTED_CLASSES, elem_id="detected-classes"
        )
    return panels
