"""What every panel of the page shows for a session. Pure: no model, no state."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import gradio as gr

from amodal.hub import Notice
from amodal.objects import is_edited
from amodal.scene import Instance
from amodal.turn import can_turn
from demo import lesson, text
from demo.pictures import Backdrop, hue, outline, window_around
from demo.session import Session, number_of
from demo.stage import Shape, StageView, payload


class View(NamedTuple):
    """One value for each panel, in the order of the events' outputs."""

    session: Session
    stage: object
    hint: object
    tool: object
    marking: object
    forget_clues: object
    brush_bar: object
    draft_bar: object
    draft_class: object
    shapes_part: object
    shapes: object
    nothing: object
    object_panel: object
    about: object
    category: object
    forget_box: object
    chance: object
    samples: object
    seed: object
    temperature: object
    size: object
    turn_part: object
    turn: object
    edit_panel: object
    margins_panel: object
    rim: object
    shadow: object
    undo: object
    redo: object
    reset: object
    comparison: object
    truth_tab: object
    lesson: object
    true_shapes: object
    true_edit: object
    true_edit_about: object
    true_comparison: object
    notices: object


def show(session: Session, before: Session, notices: Sequence[Notice]) -> View:
    """The page for a session; panels that look as before are left alone."""
    layer = session.layer
    edit = lesson.edit_of(session) if session.comparing else None
    return View(
        session=session,
        stage=None if session.step is None else payload(stage_view(session)),
        hint=hint(session),
        tool=session.tool,
        marking=gr.update(visible=session.tool in ("add", "clue")),
        forget_clues=gr.update(visible=session.tool == "clue" and not session.evidence.empty),
        brush_bar=gr.update(visible=session.tool in ("brush", "erase")),
        draft_bar=gr.update(visible=session.draft is not None and session.draft.mask is not None),
        draft_class=_draft_class(session, before),
        shapes_part=gr.update(visible=session.answer is not None),
        nothing=gr.update(visible=layer is None and session.tool != "add" and not session.draft),
        shapes=_shapes(session, before),
        object_panel=gr.update(visible=layer is not None),
        about=_about(session),
        category=layer.instance.category if layer else gr.skip(),
        forget_box=gr.update(visible=layer is not None and layer.instance.box is not None),
        chance=_chance(session, before),
        **_settings(session, before),
        size=round(100 * layer.placement.scale) if layer else gr.skip(),
        turn_part=gr.update(visible=layer is not None and can_turn(layer.instance.category)),
        turn=layer.turned.degrees if layer and layer.turned else 0,
        edit_panel=gr.update(visible=layer is not None),
        margins_panel=gr.update(visible=session.step is not None),
        rim=_percent(session, "rim"),
        shadow=_percent(session, "shadow"),
        undo=gr.update(interactive=bool(session.past)),
        redo=gr.update(interactive=bool(session.future)),
        reset=gr.update(interactive=session.step is not None and is_edited(session.scene)),
        comparison=_comparison(session, before),
        truth_tab=gr.update(visible=session.lesson is not None),
        lesson=lesson.about(session),
        true_shapes=lesson.tiles(session),
        true_edit=gr.update(
            choices=lesson.edit_choices(session), value=edit.name if edit else None
        ),
        true_edit_about=lesson.edit_about(session, edit),
        true_comparison=lesson.edit_update(session, edit),
        notices=notice_text(notices),
    )


def stage_view(session: Session) -> StageView:
    """The picture with its outlines."""
    layer, draft = session.layer, session.draft
    shapes = [
        Shape(
            number_of(other.id),
            other.instance.name,
            outline(session.sight.top == session.scene.depth.index(other.id)),
            hue(number_of(other.id)),
            other.id == session.picked,
        )
        for other in session.scene.layers
        if other.placement.visible
    ]
    return StageView(
        picture=session.sight.picture,
        alt=f"{session.title}: {len(shapes)} objects",
        tool=session.tool,
        shapes=[shape for shape in shapes if shape.path],
        whole=_whole(session),
        hue=hue(number_of(layer.id)) if layer else 0,
        draft=outline(draft.mask) if draft and draft.mask is not None else "",
        points=_points(session),
        absent=_absent(session),
        box=draft.box if draft else layer.instance.box if layer else None,
        radius=session.radius,
        before=session.scene.photo if is_edited(session.scene) else None,
    )


def _points(session: Session) -> list[tuple[float, float, bool]]:
    """The clicks about the object being marked, or about the selected one's whole shape."""
    if session.draft:
        return [(*p, on) for p, on in zip(session.draft.points, session.draft.labels, strict=True)]
    if not _in_place(session):
        return []
    said = session.evidence
    return [(*p, True) for p in said.inside] + [(*p, False) for p in said.outside]


def _absent(session: Session) -> str:
    said = session.evidence
    shown = not session.draft and _in_place(session) and said.absent is not None
    return outline(said.absent) if shown else ""


def _in_place(session: Session) -> bool:
    """Whether the selected object stands where the photo shows it: evidence is about that place."""
    layer = session.layer
    return layer is not None and layer.in_place and layer.placement.visible


def _whole(session: Session) -> str:
    layer = session.layer
    if layer is None or not layer.placement.visible:
        return ""
    if layer.in_place:
        return outline(layer.completion.mask, layer.completion.x0, layer.completion.y0)
    return outline(layer.silhouette(*session.scene.photo.shape[:2]))


def hint(session: Session) -> str:
    """One line: what to do next."""
    if session.step is None:
        return text.EMPTY_STAGE
    if session.draft is not None and session.draft.mask is not None:
        return text.HINT_DRAFT
    if session.tool == "pick" and not session.scene.layers:
        return text.HINT_EMPTY
    if session.tool in ("move", "clue", "extent", "brush", "erase") and session.picked is None:
        return text.NEED_OBJECT
    if session.tool in ("pick", "clue") and session.answer and not session.evidence.empty:
        completions = session.answer.completions
        return text.support(completions.support, len(completions.samples))
    if session.tool == "pick" and session.picked is not None:
        return text.HINT_PICKED
    return text.HINTS[session.tool]


def _settings(session: Session, before: Session) -> dict[str, object]:
    """How shapes are drawn. Set when a document is opened: else the sliders are the user's."""
    settings = session.settings._asdict()
    opened = session.step and (before.step is None or session.scene.photo is not before.scene.photo)
    return settings if opened else dict.fromkeys(settings, gr.skip())


def _percent(session: Session, margin: str) -> object:
    """A margin of the scene, for its slider."""
    if session.step is None:
        return gr.skip()
    return round(100 * getattr(session.scene.margins, margin))


def _draft_class(session: Session, before: Session) -> object:
    draft = session.draft
    if draft is None or not draft.classes or draft is before.draft:
        return gr.skip()
    return gr.update(value=draft.classes[0][0], info=text.suggestion(draft.classes))


def _shapes(session: Session, before: Session) -> object:
    answer, layer = session.answer, session.layer
    if answer is None or layer is None:
        return gr.update(value=None, selected_index=None)
    number = chosen_number(session)
    if answer is before.answer and session.picked == before.picked:
        return gr.update(selected_index=number)
    backdrop = _backdrop(session)
    items = (answer.completions.mode, *answer.completions.samples)
    pictures = [
        (backdrop.shape(item), text.caption(position, item.area, item.visible_iou))
        for position, item in enumerate(items)
    ]
    return gr.update(value=pictures, selected_index=number)


def chosen_number(session: Session) -> int | None:
    """Which of the shapes shown is the chosen one; None when it was drawn by other settings."""
    choice = session.choice
    shown = choice.number == 0 or choice.settings == session.answer.settings
    return choice.number if shown else None


def _backdrop(session: Session) -> Backdrop:
    instance: Instance = session.layer.instance
    window = window_around(instance, session.answer.completions)
    return Backdrop(session.scene.photo, instance, window, number_of(session.picked))


def _chance(session: Session, before: Session) -> object:
    if session.answer is None:
        return None
    if session.answer is before.answer and session.picked == before.picked:
        return gr.skip()
    return _backdrop(session).probability(session.answer.completions)


def _about(session: Session) -> str:
    layer = session.layer
    if layer is None:
        return ""
    return text.seen_and_whole(layer.instance.name, layer.instance.area, layer.completion.area)


def _comparison(session: Session, before: Session) -> object:
    if session.sight is None:
        return None
    if before.sight is not None and before.sight.picture is session.sight.picture:
        return gr.skip()
    return session.scene.photo, session.sight.picture


def notice_text(notices: Sequence[Notice]) -> str:
    """The fall-backs in use, as Markdown; empty when there are none."""
    return "\n\n".join(text.notice(item.what, item.reason, item.remedy) for item in notices)
