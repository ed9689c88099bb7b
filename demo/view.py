"""What every panel of the page shows for a session. Pure: no model, no state."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import gradio as gr

from amodal.hub import Notice
from amodal.layers import Layer
from amodal.objects import is_edited
from amodal.scene import Instance
from amodal.turn import can_turn
from demo import found, layer_list, lesson, strip, text
from demo.browser_files import photo_file
from demo.pictures import Backdrop, hue, outline, window_around
from demo.session import Session, number_of
from demo.stage import Shape, StageView, payload


class View(NamedTuple):
    """One value for each panel, in the order of the events' outputs.

    Gradio takes them one by one: the session comes last, so that it stays as it was when one of the
    others can't be sent, because the disk is full for its file.
    """

    stage: object
    layers: object
    hint: object
    tool: object
    marking: object
    forget_clues: object
    brush_bar: object
    draft_bar: object
    draft_class: object
    detect: object
    detected_part: object
    detected: object
    least_score: object
    detected_classes: object
    shapes_part: object
    shapes: object
    nothing: object
    object_panel: object
    about: object
    category: object
    forget_box: object
    map: object
    uncertain: object
    chance: object
    map_key: object
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
    link_part: object
    session: Session


def show(session: Session, before: Session, notices: Sequence[Notice]) -> View:
    """The page for a session; panels that look as before are left alone."""
    layer = session.layer
    edit = lesson.edit_of(session) if session.comparing else None
    return View(
        session=session,
        stage=None if session.step is None else payload(stage_view(session)),
        layers=layer_list.update(session, before),
        hint=hint(session),
        tool=session.tool,
        marking=gr.update(visible=session.tool in ("add", "clue")),
        forget_clues=gr.update(visible=session.tool == "clue" and not session.evidence.empty),
        brush_bar=gr.update(visible=session.tool in ("brush", "erase")),
        draft_bar=gr.update(visible=session.draft is not None and session.draft.mask is not None),
        draft_class=_draft_class(session, before),
        **found.panels(session, before),
        shapes_part=gr.update(visible=session.answer is not None),
        nothing=gr.update(visible=layer is None and session.tool != "add" and not session.draft),
        shapes=strip.value(session, before),
        object_panel=gr.update(visible=layer is not None),
        about=_about(session),
        category=layer.instance.category if layer else gr.skip(),
        forget_box=gr.update(visible=layer is not None and layer.instance.box is not None),
        map=session.map,
        uncertain=_uncertain(session),
        chance=_chance(session, before),
        map_key=text.MAP_KEYS[session.map],
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
        link_part=_link_part(session, before),
    )


def as_it_is(session: Session) -> View:
    """A page of which nothing changes."""
    return View(**{**dict.fromkeys(View._fields, gr.skip()), "session": session})


def stage_view(session: Session) -> StageView:
    """The picture with its outlines."""
    layer, draft = session.layer, session.draft
    shapes = [_shape(session, other) for other in session.scene.layers if other.placement.visible]
    kit = session.kit if session.kit and session.kit.covers(session.scene) else None
    return StageView(
        picture=session.sight.picture,
        alt=f"{session.title}: {len(shapes)} objects",
        tool=session.tool,
        shapes=shapes,
        whole=_whole(session),
        hue=hue(number_of(layer.id)) if layer else 0,
        draft=outline(draft.mask) if draft and draft.mask is not None else "",
        points=_points(session),
        absent=_absent(session),
        cloud=strip.cloud(session),
        box=draft.box if draft else layer.instance.box if layer else None,
        radius=session.radius,
        before=session.scene.photo if is_edited(session.scene) else None,
        kit=kit,
        stale=kit is None or not kit.fits(session.scene),
    )


def _shape(session: Session, layer: Layer) -> Shape:
    number, place = number_of(layer.id), layer.placement
    return Shape(
        number,
        layer.instance.name,
        session.sight.outline(session.scene.depth.index(layer.id)),
        hue(number),
        layer.foot,
        place.dx,
        place.dy,
        place.scale,
        place.flip,
        layer.id == session.picked,
        layer.in_place,
        layer.id in session.locked,
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
    return session.in_place


def _whole(session: Session) -> str:
    """The selected object's whole shape where the photo has it; the stage moves it."""
    layer = session.layer
    if layer is None or not layer.placement.visible:
        return ""
    if layer.turned:
        return outline(layer.turned.mask, layer.turned.look.x0, layer.turned.look.y0)
    return outline(layer.completion.mask, layer.completion.x0, layer.completion.y0)


def hint(session: Session) -> str:
    """One line: what to do next."""
    if session.step is None:
        return text.EMPTY_STAGE
    if session.draft is not None and session.draft.mask is not None:
        return text.HINT_DRAFT
    if session.tool == "pick" and not session.scene.layers:
        return text.HINT_EMPTY
    if session.tool in ("clue", "extent", "brush", "erase") and session.picked is None:
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


def _backdrop(session: Session) -> Backdrop:
    instance: Instance = session.layer.instance
    window = window_around(instance, session.answer.completions)
    return Backdrop(session.scene.photo, instance, window, number_of(session.picked))


def _chance(session: Session, before: Session) -> object:
    if session.answer is None:
        return None
    asked = session.answer is before.answer and session.picked == before.picked
    if asked and session.map == before.map:
        return gr.skip()
    return getattr(_backdrop(session), session.map)(session.answer.completions)


def _uncertain(session: Session) -> str:
    return text.uncertain(session.answer.completions.uncertain_area) if session.answer else ""


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
    return photo_file(session.scene.photo), photo_file(session.sight.picture)


def _link_part(session: Session, before: Session) -> object:
    """A link that was made is shown until it would be another."""
    names = ("example", "picked", "settings")
    same = all(getattr(session, name) == getattr(before, name) for name in names)
    return gr.skip() if same else gr.update(visible=False)


def notice_text(notices: Sequence[Notice]) -> str:
    """The fall-backs in use, as Markdown; empty when there are none."""
    return "\n\n".join(text.notice(item.what, item.reason, item.remedy) for item in notices)
