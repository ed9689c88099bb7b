"""People on foot, and bicycles and motorcycles that wait at walls and poles. Metres, radians."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from amodal.render.layout.stage import REACH, Stage
from amodal.render.layout.views import KERB_HEIGHT

Place = tuple[float, float, float, float]  # x, y, z, turn


def fill_pavements(stage: Stage) -> None:
    """Bicycles first: people find a way around them."""
    rng = stage.rng
    for _ in range(rng.integers(1, 5)):
        _bicycles(stage, 1 if rng.random() < 0.5 else -1)
    for _ in range(rng.integers(0, 2)):
        _motorcycles(stage, 1 if rng.random() < 0.5 else -1)
    for _ in range(rng.integers(3, 9)):
        _tried(stage, _on_pavement)
    for _ in range(rng.integers(0, 4)):
        _tried(stage, _at_kerb)
    for _ in range(rng.integers(0, 4)):
        _tried(stage, _in_road)
    if stage.plan.junction is not None:
        for _ in range(rng.integers(1, 5)):
            _tried(stage, _on_crossing)


def _tried(stage: Stage, place: Callable[[Stage], Place | None]) -> None:
    """Put one to four people at a place, if one is found."""
    rng = stage.rng
    for _ in range(5):
        found = place(stage)
        if found is None:
            continue
        x, y, z, turn = found
        count = int(rng.choice([1, 2, 3, 4], p=[0.55, 0.28, 0.12, 0.05]))
        c, s = np.cos(turn), np.sin(turn)
        met = 0
        for index in range(count):
            # Side by side, some a little behind.
            right, back = index * rng.uniform(0.6, 0.8), rng.uniform(0, 0.5) * (index > 0)
            person = stage.draw("person", turn + rng.normal(0, 0.12), rng.uniform(0.96, 1.04))
            x_here, y_here = x + right * c + back * s, y + right * s - back * c
            if _stands_level(stage, x_here, y_here, z):
                met += stage.put(replace(person, x=float(x_here), y=float(y_here), z=z))
        if met:
            return


def _stands_level(stage: Stage, x: float, y: float, z: float) -> bool:
    """Whether the ground at a point is as high as `z` says."""
    plan, side = stage.plan, 1 if x > 0 else -1
    if z == 0:
        return abs(x) < plan.kerb(side) - 0.25 or stage.is_crossing(y, -0.3)
    inside = plan.kerb(side) + 0.15 < abs(x) < plan.wall(side) - 0.15
    return inside and not stage.is_crossing(y, 0.8 * plan.pavement)


def _on_pavement(stage: Stage) -> Place | None:
    """Walking along, standing about, some looking across."""
    rng, plan = stage.rng, stage.plan
    side = 1 if rng.random() < 0.5 else -1
    x = side * rng.uniform(plan.kerb(side) + 0.35, plan.wall(side) - 0.35)
    y = stage.anywhere(x, high=50)
    if y is None:
        return None
    turn = rng.choice([0, np.pi]) + rng.normal(0, 0.15)
    if rng.random() < 0.2:
        turn = rng.uniform(-np.pi, np.pi)
    return float(x), y, KERB_HEIGHT, float(turn)


def _at_kerb(stage: Stage) -> Place | None:
    """At the pavement's edge, about to step on the road."""
    rng, plan = stage.rng, stage.plan
    side = 1 if rng.random() < 0.5 else -1
    x = side * (plan.kerb(side) + rng.uniform(0.3, 0.6))
    y = stage.anywhere(x, high=45)
    return None if y is None else (x, y, KERB_HEIGHT, side * np.pi / 2 + rng.normal(0, 0.4))


def _in_road(stage: Stage) -> Place | None:
    """Between parked cars, at a car's door, or crossing where there is a gap."""
    rng, plan = stage.rng, stage.plan
    side = 1 if rng.random() < 0.5 else -1
    x = side * rng.uniform(0.3, 1.0) ** 0.5 * (plan.kerb(side) - 0.3)
    y = stage.anywhere(x, high=45)
    turn = rng.choice([-1, 1]) * np.pi / 2 + rng.normal(0, 0.3)
    return None if y is None else (float(x), y, 0.0, float(turn))


def _on_crossing(stage: Stage) -> Place | None:
    """On the zebras before and behind a junction, or over the side road."""
    rng, plan = stage.rng, stage.plan
    reach = 0.75 * plan.pavement + plan.driven
    way = rng.choice([-1, 1])
    if rng.random() < 0.6:
        y = plan.junction + rng.choice([-1, 1]) * (reach + rng.uniform(0.6, 3.8))
        x = rng.uniform(-0.9, 0.9) * min(plan.kerb(-1), plan.kerb(1))
        turn = way * np.pi / 2
    else:
        side = rng.choice([-1, 1])
        x = side * (plan.kerb(side) + plan.pavement * rng.uniform(0.2, 0.9))
        y = plan.junction + rng.uniform(-0.9, 0.9) * plan.driven
        turn = 0.0 if way > 0 else np.pi
    return float(x), float(y), 0.0, float(turn + rng.normal(0, 0.15))


def _bicycles(stage: Stage, side: int) -> None:
    """One along a wall or at a kerb's pole, or a rack of several."""
    rng, plan = stage.rng, stage.plan
    at_wall = rng.random() < 0.5
    rack = rng.random() < 0.35 and plan.pavement > 2.6
    inset = 1.1 if rack else 0.45
    x = side * (plan.wall(side) - inset if at_wall else plan.kerb(side) + inset)
    y = stage.anywhere(x, high=40)
    if y is None:
        return
    count = int(rng.integers(3, 7)) if rack else int(rng.choice([1, 2], p=[0.7, 0.3]))
    base = rng.choice([-1, 1]) * np.pi / 2 if rack else rng.choice([0, np.pi])
    slant = rng.uniform(-0.5, 0.5) if rack else 0.0
    step = rng.uniform(0.72, 0.85) if rack else 2.1
    for index in range(count):
        here = y + index * step
        if here > REACH or stage.is_crossing(here, plan.pavement + 1):
            continue
        turn = base + slant + rng.normal(0, 0.06)
        item = stage.draw("bicycle", turn)
        stage.put(replace(item, x=float(x), y=here, z=KERB_HEIGHT), margin=0.02)


def _motorcycles(stage: Stage, side: int) -> None:
    """One on a pavement, near the kerb."""
    rng, plan = stage.rng, stage.plan
    x = side * (plan.kerb(side) + rng.uniform(0.55, 0.8))
    y = stage.anywhere(x, high=40)
    if y is None or stage.is_crossing(y, plan.pavement + 1):
        return
    turn = rng.choice([0, np.pi]) + rng.uniform(-0.3, 0.3)
    stage.put(replace(stage.draw("motorcycle", turn), x=float(x), y=y, z=KERB_HEIGHT))
