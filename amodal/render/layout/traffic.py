"""Vehicles: in lanes, parked in rows, crossing; and cyclists between them. Metres, radians."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from amodal.render.layout.footprints import Item
from amodal.render.layout.models import extent
from amodal.render.layout.stage import REACH, Stage
from amodal.render.layout.views import KERB_HEIGHT
from amodal.render.plan import BEHIND

# What drives in a lane and what parks; rare classes are commoner than in real traffic, since
# every class is to be learnt.
DRIVEN = {"car": 0.42, "van": 0.15, "truck": 0.18, "bus": 0.16, "motorcyclist": 0.09}
PARKED = {"car": 0.70, "van": 0.18, "truck": 0.05, "motorcycle": 0.07}
CORNER = 5.0  # nobody parks nearer to a crossing road


def fill_traffic(stage: Stage) -> None:
    """Everything on wheels."""
    for side in (-1, 1):
        if stage.plan.tracks:
            _trams(stage, side)
        _ahead(stage, side)
        for lane in range(stage.plan.lanes):
            _lane(stage, side, lane)
        if stage.plan.parking[(side + 1) // 2]:
            _parked_row(stage, side)
    if stage.plan.junction is not None:
        _crossing_traffic(stage)
    _cyclists(stage)


def _heading(side: int) -> float:
    """Traffic keeps to the right: on the left side it comes towards +y's origin."""
    return 0.0 if side > 0 else np.pi


def _kind(rng: np.random.Generator, weights: dict[str, float]) -> str:
    shares = np.array(list(weights.values()))
    return str(rng.choice(list(weights), p=shares / shares.sum()))


def _along(item: Item) -> tuple[float, float]:
    """How far an object reaches behind and before its origin when it looks along +y or -y."""
    _, y0, _, y1 = extent(item.kind, item.number)
    back, front = -y0, y1
    return (back, front) if abs(np.cos(item.turn) - 1) < 0.5 else (front, back)


def _trams(stage: Stage, side: int) -> None:
    """One or two trams on a track, well ahead in the camera's own lane."""
    rng, x = stage.rng, side * stage.plan.lane / 2
    for _ in range(1 + (rng.random() < 0.35)):
        for _ in range(8):
            y = stage.anywhere(x)
            if y is None:
                break
            item = stage.draw("tram", _heading(side))
            if stage.put(replace(item, x=x, y=y + 0.4 * extent(item.kind, item.number)[3])):
                break


def _ahead(stage: Stage, side: int) -> None:
    """A large vehicle in view, more often than a row drawn along the lane would hold one."""
    rng = stage.rng
    kind = _kind(rng, {"bus": 0.5, "truck": 0.3, "van": 0.2})
    if rng.random() < 0.5:
        lane = int(rng.integers(stage.plan.lanes))
        x = side * stage.plan.lane * (lane + 0.5)
        for _ in range(4):
            y = stage.anywhere(x, high=50)
            if y is None or stage.put(replace(stage.draw(kind, _heading(side)), x=x, y=y)):
                break


def _lane(stage: Stage, side: int, lane: int) -> None:
    """Traffic that flows, stands in a queue, or is not there."""
    rng, plan = stage.rng, stage.plan
    flow = rng.random()
    if flow < 0.12:
        return
    queue = flow > 0.65
    middle = side * plan.lane * (lane + 0.5)
    y = -BEHIND + rng.uniform(0, 12)
    while y < REACH:
        if not stage.is_near_view(middle, y):
            y += rng.uniform(4, 8)
            continue
        kind = _kind(rng, DRIVEN)
        turn = _heading(side) + rng.normal(0, 0.015)
        item = stage.draw(kind, turn)
        back, front = _along(item)
        spread = 0.25 * plan.lane if kind == "motorcyclist" else 0.12
        x = middle + float(np.clip(rng.normal(0, spread), -0.9, 0.9))
        # A place that is taken by a tram or another vehicle is left out.
        stage.put(replace(item, x=x, y=y + back))
        gap = rng.uniform(0.9, 3.0) if queue else 4 + rng.exponential(11)
        y += back + front + gap


def _parked_row(stage: Stage, side: int) -> None:
    """A row of parked vehicles along a kerb, with gaps."""
    rng, plan = stage.rng, stage.plan
    full = rng.uniform(0.55, 0.97)
    y = -BEHIND + rng.uniform(0, 4)
    while y < REACH:
        unseen = not stage.is_near_view(side * plan.kerb(side), y)
        if unseen or stage.is_crossing(y + 2, CORNER) or rng.random() > full:
            y += rng.uniform(3.0, 6.0)
            continue
        kind = _kind(rng, PARKED)
        if kind == "motorcycle":
            y += _parked_motorcycles(stage, side, y)
            continue
        wrong_way = np.pi if rng.random() < 0.08 else 0.0
        item = stage.draw(kind, _heading(side) + wrong_way + rng.normal(0, 0.015))
        back, front = _along(item)
        if not stage.is_crossing(y + back + front, CORNER):
            x = side * (plan.kerb(side) - rng.uniform(0.12, 0.3)) - _outer(item, side)
            stage.put(replace(item, x=float(x), y=y + back))
        y += back + front + rng.choice([rng.uniform(0.4, 1.2), rng.uniform(1.0, 2.6)])


def _outer(item: Item, side: int) -> float:
    """x of the edge towards the kerb of an object at the origin, mirrors left out."""
    x = item.footprint[:, 0]
    edge = x.max() if side > 0 else x.min()
    return float(edge - side * 0.12)


def _parked_motorcycles(stage: Stage, side: int, y: float) -> float:
    """One to four side by side, tail to the kerb; returns the length of kerb that they take."""
    rng, plan = stage.rng, stage.plan
    count = int(rng.integers(1, 5))
    slant = rng.uniform(0.5, 1.0) * np.pi / 2
    step = rng.uniform(1.05, 1.3)
    for index in range(count):
        turn = side * slant + rng.normal(0, 0.05)
        x = side * (plan.kerb(side) - 1.25 + rng.normal(0, 0.06))
        stage.put(replace(stage.draw("motorcycle", turn), x=float(x), y=y + 0.6 + index * step))
    return 1.4 + step * count


def _crossing_traffic(stage: Stage) -> None:
    """Vehicles that cross, turn or wait in the side road."""
    rng, plan = stage.rng, stage.plan
    for way in (-1, 1):
        # Seen along its own way traffic keeps to the right there too.
        for lane in range(plan.lanes):
            y = plan.junction - way * plan.lane * (lane + 0.5)
            x = -30.0 + rng.uniform(0, 15)
            while x < 30:
                if not stage.is_near_view(x, y):
                    x += 6
                    continue
                item = stage.draw(_kind(rng, DRIVEN), -way * np.pi / 2 + rng.normal(0, 0.02))
                stage.put(replace(item, x=float(x), y=float(y + rng.normal(0, 0.15))))
                x += extent(item.kind, item.number)[3] * 2 + 1.5 + rng.exponential(7)
    if rng.random() < 0.5:
        x, y = rng.uniform(-1, 1) * plan.driven, plan.junction + rng.uniform(-1, 1) * plan.driven
        stage.put(replace(stage.draw("car", rng.uniform(-np.pi, np.pi)), x=float(x), y=float(y)))


def _cyclists(stage: Stage) -> None:
    """Cyclists and motorcyclists at the edge of what is driven on, some on the pavement."""
    rng, plan = stage.rng, stage.plan
    for _ in range(rng.integers(2, 7)):
        side = 1 if rng.random() < 0.5 else -1
        kind = "cyclist" if rng.random() < 0.75 else "motorcyclist"
        x, z = plan.driven - rng.uniform(0.4, 1.3), 0.0
        if kind == "cyclist" and rng.random() < 0.2:
            x, z = plan.kerb(side) + rng.uniform(0.5, max(plan.pavement - 0.5, 0.6)), KERB_HEIGHT
        for _ in range(6):
            y = stage.anywhere(side * x, high=55)
            if y is None or (z and stage.is_crossing(y, plan.pavement + 1)):
                continue
            turn = _heading(side) + rng.normal(0, 0.05) + (np.pi if rng.random() < 0.08 else 0.0)
            if stage.put(replace(stage.draw(kind, turn), x=float(side * x), y=y, z=z)):
                break
