"""What the page shows of a rendered street's truth, beside what the model imagines. Pure."""

from __future__ import annotations

import gradio as gr
import numpy as np

from amodal.scene import Completion, Completions
from amodal.truth import TrueEdit, TrueObject, Truth
from amodal.truth_scores import EditScore, colour_psnr, edit_score, shape_iou
from demo import text
from demo.browser_files import photo_file
from demo.pictures import Backdrop, cutout, window_around
from demo.session import Session, number_of

Tile = tuple[np.ndarray, str]


def about(session: Session) -> str:
    """What the street teaches, and what to do."""
    if session.lesson is None:
        return ""
    picked = session.layer is not None
    return f"{session.lesson.teaches}\n\n{text.LESSON_PICKED if picked else text.LESSON_PICK}"


def tiles(session: Session) -> list[Tile] | None:
    """The selected object's shape and colours, each as imagined and as it is."""
    item = known(session)
    if item is None or not session.comparing:
        return None
    layer = session.layer
    window = window_around(layer.instance, _both(layer.completion, item.whole))
    backdrop = Backdrop(session.scene.photo, layer.instance, window, number_of(layer.id))
    whole, hidden = shape_iou(layer.completion, item)
    found = [
        (backdrop.shape(layer.completion), text.imagined_shape(whole, hidden)),
        (backdrop.shape(item.whole), text.TRUE_SHAPE),
    ]
    if layer.appearance is not None and item.appearance is not None:
        psnr = colour_psnr(layer, item)
        found += [
            (cutout(layer.appearance, window), text.imagined_colours(psnr)),
            (cutout(item.appearance, window), text.TRUE_COLOURS),
        ]
    return found


def known(session: Session) -> TrueObject | None:
    """The truth about the selected object."""
    if session.lesson is None or session.layer is None:
        return None
    return session.lesson.truth.object_of(session.layer)


def _both(chosen: Completion, true: Completion) -> Completions:
    """Two shapes as window_around takes them."""
    return Completions(chosen, (true,), np.zeros((1, 1), np.float32), 0, 0)


def edit_choices(session: Session) -> list[tuple[str, str]]:
    """(what the user reads, name) of the edits that were rendered."""
    if session.lesson is None:
        return []
    truth = session.lesson.truth
    return [(_title(truth, edit), edit.name) for edit in truth.edits]


def _title(truth: Truth, edit: TrueEdit) -> str:
    names = [item.instance.name for item in truth.objects if item.number in edit.numbers]
    return text.TRUE_EDITS[edit.kind].format(" and ".join(names))


def edit_of(session: Session) -> TrueEdit | None:
    """The rendered edit that the document shows now."""
    return session.lesson.truth.edit_of(session.scene) if session.lesson else None


def edit_about(session: Session, edit: TrueEdit | None) -> str:
    """How near the picture comes to the street that was rendered again."""
    if edit is None:
        return text.NO_TRUE_EDIT
    score: EditScore = edit_score(session.sight.picture, session.scene.photo, edit)
    return text.edit_scores(score.psnr, score.untouched, score.kept)


def edit_update(session: Session, edit: TrueEdit | None) -> object:
    """The comparison of the user's picture with the true one."""
    if edit is None:
        return gr.update(value=None, visible=False)
    return gr.update(
        value=(photo_file(session.sight.picture), photo_file(edit.picture)), visible=True
    )
