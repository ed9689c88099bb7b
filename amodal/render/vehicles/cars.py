"""Cars, built from a drawn set of proportions."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from amodal.render import materials as m
from amodal.render.mesh import Material, Mesh, merged
from amodal.render.primitives import rounded_box, tube
from amodal.render.vehicles import parts
from amodal.render.vehicles.body import Shape, curve, half_shell, mirrored_plan, whole
from amodal.render.vehicles.car_faces import paint_front, paint_rear
from amodal.render.vehicles.car_styles import Car, Style, draw
from amodal.render.vehicles.parts import RIGHT, rectangle
from amodal.render.vehicles.skin import FRONT, SIDE, TOP, Skin, beyond, cropped, inset, prism

_AHEAD, _BACK, _UP = (0.0, 1.0, 0.25), (0.0, -1.0, 0.25), (0.0, 0.0, 1.0)


def car(rng: np.random.Generator, style: Style | None = None) -> Mesh:
    """A car of a drawn body style, proportions, colour and trim.

    Args:
        rng: decides everything.
        style: fixes the body style.
    """
    drawn = draw(rng, style)
    colour = m.car_paint(rng)
    shape = outline(drawn)
    skin = Skin(half_shell(shape, colour))
    _paint_lower(skin, drawn, rng)
    _paint_side_glass(skin, shape, drawn, rng)
    _paint_ends_glass(skin, shape, drawn)
    _paint_roof(skin, drawn, rng)
    _paint_lids(skin, drawn)
    faces = [*paint_front(skin, shape, drawn, rng), *paint_rear(skin, shape, drawn, rng)]
    lining = _arches(skin, shape, drawn, colour)
    body = whole(skin.mesh())
    sides = merged([*lining, _door_seams(shape, drawn), *_side_fittings(shape, drawn, colour, rng)])
    middle = [*faces, _wheels(drawn, rng), *_extras(shape, drawn, rng)]
    return merged([body, sides, sides.mirrored(), *middle])


def outline(car: Car) -> Shape:
    """The curves of a car's body."""
    nose, tail, height = car.length / 2, -car.length / 2, car.height
    cowl = car.belt + 0.05
    roof = car.cowl - car.screen
    reach = 0.10 + 0.12 * (1 - car.nose)
    top = [(tail + far, share * height, radius) for far, share, radius in car.style.rear]
    peak = 0.5 * (roof + top[-1][0]) + 0.1
    top += [(peak, height, 0.8), (roof, 0.965 * height, 0.35), (car.cowl, cowl, 0.10)]
    top += [(nose - 0.75, car.lip + 0.62 * (cowl - car.lip), 0.6), (nose - reach, car.lip, 0.14)]
    top += [(nose - 0.035, 0.43 * height, 0.08), (nose, 0.34 * height, 0)]
    low = car.clearance
    bottom = [(tail, 0.27 * height, 0), (tail + 0.12, low + 0.07, 0.1), (tail + 0.7, low, 0.3)]
    bottom += [(nose - 0.75, low, 0.3), (nose - 0.10, low + 0.03, 0.08), (nose, 0.23 * height, 0)]
    belt = [(tail, car.belt + car.rise, 0), (car.cowl, car.belt, 0.3), (nose, car.lip + 0.06, 0)]
    return Shape(
        top=curve(top),
        bottom=curve(bottom),
        plan=mirrored_plan(car.length, car.width / 2, nose=0.62, tail=0.70),
        belt=curve(belt),
        waist=0.45 * height,
        barrel=0.06,
        tumble=car.tumble,
        crown=(0.075, 0.045),
    )


def _paint_lower(skin: Skin, car: Car, rng: np.random.Generator) -> None:
    """Black sills and aprons: much on a car with cladding, a little on others."""
    low, tall = (0.10, 0.16) if car.style.cladding else (0.02, 0.07)
    high = car.clearance + rng.uniform(low, tall)
    skin.paint(beyond(2, high, less=True), m.BLACK_PLASTIC, RIGHT)
    skin.paint(beyond(2, car.clearance + 0.015, less=True), m.DARK, (0, 0, -1))
    if rng.random() < 0.6 or car.style.cladding:
        end = np.concatenate([beyond(2, 0.24 * car.height, less=True), beyond(1, 0, less=True)])
        skin.paint(end, m.BLACK_PLASTIC, (0, -1, 0))


def _glasshouse(shape: Shape, car: Car) -> np.ndarray:
    """Outline in the side view of what is glass or a black pillar between belt and roof."""
    y = np.linspace(-car.length / 2 + 0.05, car.cowl, 16)
    high = shape.edge_at(y) - shape.belt_at(y)
    y = y[high > 0.04]
    above = np.stack([y, shape.edge_at(y) - 0.01], axis=-1)
    above = above[_on_hull(above)]
    ends = np.array([y[-1], y[0]])
    return np.concatenate([above, np.stack([ends, shape.belt_at(ends) + 0.015], axis=-1)])


def _on_hull(points: np.ndarray) -> list[int]:
    """Which of the points, in order of y, make the upper convex hull."""
    hull: list[int] = []
    for index, here in enumerate(points):
        while len(hull) > 1:
            a, b = points[hull[-2]], points[hull[-1]]
            if (b[0] - a[0]) * (here[1] - a[1]) - (b[1] - a[1]) * (here[0] - a[0]) < -1e-6:
                break
            hull.pop()
        hull.append(index)
    return hull


def _rear_line(shape: Shape, car: Car, house: np.ndarray) -> tuple[np.ndarray, float]:
    """Normal and offset of the line at which the side windows end in front of the last pillar."""
    tall = shape.top_at(house[:, 0]).max() - car.belt
    foot = house[:, 0].min() + car.pillar
    lean = 0.55 if car.style.rear[-1][0] > 1 else 0.25
    normal = np.array([1.0, -lean])
    normal /= np.hypot(*normal)
    return normal, -float(normal @ (foot, car.belt + 0.1 * tall))


def _doors(car: Car) -> tuple[float, float, float]:
    """Where the doors end along y: the front edge, the pillar between, the rear edge."""
    front = car.front_axle - car.wheel - 0.12
    rear = car.rear_axle + 0.55 * car.wheel
    if car.style.doors == 1:
        return front, car.rear_axle + car.wheel + 0.25, car.rear_axle + car.wheel + 0.25
    return front, 0.5 * (front + rear) - 0.02, rear


def _paint_side_glass(skin: Skin, shape: Shape, car: Car, rng: np.random.Generator) -> None:
    house = _glasshouse(shape, car)
    house = cropped(house, *_rear_line(shape, car, house))
    side = beyond(0, 0.3)
    dark = rng.random() < 0.35
    borders = [(0.006, m.CHROME), (0.02, m.GLOSS_BLACK)] if rng.random() < 0.2 else []
    for by, trim in borders or [(0.006, m.GLOSS_BLACK)]:
        skin.paint(np.concatenate([side, prism(inset(house, by, 0.02), SIDE)]), trim, RIGHT)
    _, pillar, rear = _doors(car)
    cuts = [np.inf, pillar, -np.inf] if car.style.doors == 1 else [np.inf, pillar, rear, -np.inf]
    for index, (ahead, behind) in enumerate(pairwise(cuts)):
        pane = house
        if np.isfinite(ahead):
            pane = cropped(pane, np.array([-1.0, 0.06]), ahead - 0.035)
        if np.isfinite(behind):
            pane = cropped(pane, np.array([1.0, -0.06]), -behind - 0.035)
        if len(pane) < 3 or np.ptp(pane[:, 0]) < 0.12:
            continue
        pane = inset(pane, 0.024, 0.03)
        if len(pane) > 2:
            glass = m.TINTED_GLASS if dark and index else m.GLASS
            skin.paint(np.concatenate([side, prism(pane, SIDE)]), glass, RIGHT)


def _paint_ends_glass(skin: Skin, shape: Shape, car: Car) -> None:
    """Windscreen and rear window with their dark borders."""
    roof = car.cowl - car.screen
    sill, header = car.belt + 0.075, float(shape.top_at(roof + 0.06)) - 0.035
    ahead = beyond(1, roof - 0.25)
    parts.cross_pane(
        skin, shape, (car.cowl - 0.1, roof + 0.1), (sill, header), ahead, _AHEAD, 0.055
    )
    rear = car.style.rear
    notch = len(rear) > 5
    low, high = (rear[3], rear[4]) if notch else (rear[2], rear[3])
    y_low, y_high = (-car.length / 2 + bend[0] for bend in (low, high))
    top = float(shape.top_at(y_high)) - (0.01 if notch else 0.04)
    base = float(shape.top_at(y_low)) + (0.05 if notch else 0.03)
    behind = beyond(1, y_high + 0.15, less=True)
    parts.cross_pane(skin, shape, (y_low, y_high), (base, top), behind, _BACK, 0.09)


def _door_seams(shape: Shape, car: Car) -> Mesh:
    """The gaps around the doors on the right."""
    front, pillar, rear = _doors(car)
    low = car.clearance + 0.12
    foot = max(low, 0.24 * car.height)
    belts = [float(shape.belt_at(y)) for y in (front, pillar, rear)]
    lines = [[(front + 0.02, belts[0]), (front, foot), (pillar, low), (pillar + 0.01, belts[1])]]
    if car.style.doors > 1:
        knees = [(car.rear_axle + car.wheel + 0.13, low), (rear, 2 * car.wheel + 0.08)]
        lines.append([(pillar, low), *knees, (rear, belts[2])])
    return merged(parts.seam(shape, line) for line in lines)


def _paint_roof(skin: Skin, car: Car, rng: np.random.Generator) -> None:
    """On some cars a glass roof."""
    if rng.random() > 0.15:
        return
    front = car.cowl - car.screen - 0.12
    long = min(rng.uniform(0.7, 1.5), front + car.length / 2 - 0.9)
    pane = inset(rectangle((-0.5, 0.5), (front - long, front)), 0, 0.06)
    above = beyond(2, 0.8 * car.height)
    skin.paint(np.concatenate([above, prism(pane, TOP)]), m.TINTED_GLASS, _UP)


def _paint_lids(skin: Skin, car: Car) -> None:
    """The gaps around bonnet and tailgate, as narrow dark strips."""
    half, nose = car.width / 2, car.length / 2
    skin.paint(parts.strip((0.80 * half, car.cowl), (0.72 * half, nose - 0.18), TOP), m.DARK, _UP)
    shut, knee = 0.4 * car.height, (0.80 * half, 0.58 * car.height)
    behind = (0.0, -1.0, 0.0)
    for a, b in (((0.0, shut), (0.72 * half, shut)), ((0.72 * half, shut), knee)):
        skin.paint(parts.strip(a, b, FRONT), m.DARK, behind)


def _arches(skin: Skin, shape: Shape, car: Car, colour: Material) -> list[Mesh]:
    """Cuts the wheel arches; gives their linings and lips, on the right."""
    made = []
    clad = car.style.cladding
    for y in (car.front_axle, car.rear_axle):
        radius = car.wheel + (0.065 if clad else 0.05)
        made.append(parts.arch(skin, shape, y, car.wheel, radius, 0.32))
        lip = (m.BLACK_PLASTIC, 0.035) if clad else (colour, 0.014)
        made.append(parts.arch_lip(shape, y, car.wheel, radius + lip[1] * 0.6, *lip))
    return made


def _wheels(car: Car, rng: np.random.Generator) -> Mesh:
    plain = rng.random() < 0.15
    kind = parts.Wheel(
        radius=car.wheel,
        rim=rng.uniform(0.64, 0.74),
        spokes=0 if plain else int(rng.choice([5, 5, 6, 7, 10])),
        metal=m.DARK_ALLOY if rng.random() < 0.2 else m.ALLOY,
    )
    outer = car.width / 2 - 0.035
    return merged(
        parts.wheel_pair(kind, y, outer, rng.random()) for y in (car.front_axle, car.rear_axle)
    )


def _side_fittings(
    shape: Shape, car: Car, colour: Material, rng: np.random.Generator
) -> list[Mesh]:
    """Mirror, door handles and perhaps a roof rail, on the right."""
    y = car.cowl - 0.48 if car.style.name != "MPV" else car.cowl - 0.62
    z = float(shape.belt_at(y)) + 0.015
    painted = colour if rng.random() < 0.75 else m.BLACK_PLASTIC
    made = [parts.mirror(float(shape.side_at(y, z)), y, z, painted, rng.uniform(0.9, 1.15))]
    _, pillar, rear = _doors(car)
    for door in (pillar, rear) if car.style.doors > 1 else (pillar,):
        high = float(shape.belt_at(door)) - 0.13
        made.append(parts.handle(shape, door + 0.15, high, colour))
    if car.style.name in ("estate", "SUV") and rng.random() < 0.7:
        made.append(_rail(shape, car, m.ALLOY if rng.random() < 0.6 else m.BLACK_PLASTIC))
    return made


def _rail(shape: Shape, car: Car, material: Material) -> Mesh:
    """A roof rail on the right."""
    y = np.linspace(-car.length / 2 + 0.65, car.cowl - car.screen - 0.1, 8)
    z = shape.edge_at(y) + 0.09 + 0.03 * np.array([-1.5, 1, 1, 1, 1, 1, 1, -1.5])
    x = shape.side_at(y, shape.edge_at(y)) - 0.045
    return tube(np.stack([x, y, z], axis=-1), 0.014, material, 6)


def _extras(shape: Shape, car: Car, rng: np.random.Generator) -> list[Mesh]:
    """Wipers, an aerial and an exhaust pipe."""
    made = []
    for foot, tip in ((-0.15, 0.42), (0.42, -0.12)):
        x = np.linspace(foot - 0.25, tip - 0.25, 2) if foot < 0 else np.linspace(foot, tip, 2)
        y = np.array([car.cowl - 0.03, car.cowl - 0.10])
        z = shape.top_at(y) + 0.012 - 0.05 * (x / 0.7) ** 2
        made.append(tube(np.stack([x, y, z], axis=-1), 0.010, m.BLACK_PLASTIC, 4))
    fin = -car.length / 2 + car.style.rear[-1][0] + 0.05
    if rng.random() < 0.6:
        size, z = (0.03, 0.13, 0.055), float(shape.top_at(fin)) + 0.01
        made.append(rounded_box(size, (0, fin, z), m.GLOSS_BLACK, 0.014, 1))
    if rng.random() < 0.5:
        y = np.array([-car.length / 2 + 0.06, -car.length / 2 + 0.25])
        x, z = np.full(2, 0.55 * car.width / 2), np.full(2, car.clearance + 0.06)
        made.append(tube(np.stack([x, y, z], axis=-1), 0.032, m.CHROME, 8))
    return made
