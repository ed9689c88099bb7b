"""Vehicles as meshes: well-formed, of real sizes, standing on the road, and shaped as such."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amodal.render import materials as m
from amodal.render import primitives
from amodal.render.mesh import Mesh
from amodal.render.vehicles import bus, car, tram, truck, van
from amodal.render.vehicles.car_styles import STYLES
from amodal.render.vehicles.skin import FRONT, SIDE, Skin, beyond, inset, prism
from amodal.render.vehicles.trucks import KINDS

MAKERS = {"car": car, "van": van, "truck": truck, "bus": bus, "tram": tram}
# (length, width with mirrors, height), metres
SIZES = {
    "car": ((3.55, 4.95), (1.85, 2.35), (1.30, 1.85)),
    "van": ((4.85, 6.05), (2.1, 2.7), (1.8, 2.75)),
    "truck": ((6.1, 12.1), (2.4, 3.2), (2.2, 4.1)),
    "bus": ((10.1, 12.3), (2.8, 3.3), (2.8, 4.0)),
    "tram": ((17.5, 30.0), (2.4, 3.1), (4.4, 5.0)),
}
SEEDS = range(2)


def make(kind: str, seed: int) -> Mesh:
    return MAKERS[kind](np.random.default_rng(seed))


def corners(mesh: Mesh) -> np.ndarray:
    return mesh.vertices.astype(np.float64)[mesh.triangles]


def volume(mesh: Mesh) -> float:
    """Signed: positive where the triangles look outwards."""
    a, b, c = np.moveaxis(corners(mesh), 1, 0)
    return float((a * np.cross(b, c)).sum() / 6)


def side_view(mesh: Mesh, scale: float = 50.0) -> np.ndarray:
    """Silhouette from the right, (H, W) bool; row 0 is the road, a pixel is 1 / scale metres."""
    flat = mesh.vertices[:, 1:] * scale
    flat[:, 0] -= flat[:, 0].min()
    width, height = np.ceil(flat.max(axis=0)).astype(int) + 1
    picture = np.zeros((height, width), np.uint8)
    for triangle in np.round(flat).astype(np.int32)[mesh.triangles]:
        cv2.fillConvexPoly(picture, triangle, 1)
    return picture[:, picture.any(axis=0)].astype(bool)


@pytest.fixture(scope="module", params=[(kind, seed) for kind in MAKERS for seed in SEEDS])
def drawn(request):
    kind, seed = request.param
    return kind, make(kind, seed)


def test_a_vehicle_is_well_formed(drawn):
    _, mesh = drawn
    count = len(mesh.triangles)
    assert np.isfinite(mesh.vertices).all()
    assert mesh.triangles.min() >= 0
    assert mesh.triangles.max() < len(mesh.vertices)
    assert mesh.material.shape == mesh.smooth.shape == (count,)
    assert mesh.material.min() >= 0
    assert mesh.material.max() < len(mesh.materials)
    a, b, c = np.moveaxis(corners(mesh), 1, 0)
    area = np.linalg.norm(np.cross(b - a, c - a), axis=1) / 2
    assert (area < 1e-8).mean() < 0.05


def test_it_stands_on_the_road_about_the_origin(drawn):
    _, mesh = drawn
    low, high = mesh.vertices.min(axis=0), mesh.vertices.max(axis=0)
    assert abs(low[2]) < 0.01
    assert abs(low[0] + high[0]) < 0.02
    assert abs(low[1] + high[1]) < 0.25


def test_its_size_is_that_of_its_class(drawn):
    kind, mesh = drawn
    length, width, height = SIZES[kind]
    x, y, z = mesh.size
    assert length[0] <= y <= length[1]
    assert width[0] <= x <= width[1]
    assert height[0] <= z <= height[1]


def test_its_outline_is_symmetric(drawn):
    _, mesh = drawn
    points = mesh.vertices[:, [0, 2]]
    for view in (points, mesh.vertices[:, :2]):
        right = view[np.argsort(view[:, 1])]
        for part in np.array_split(right, 12):
            assert abs(part[:, 0].max() + part[:, 0].min()) < 0.45


def test_its_surface_looks_outwards(drawn):
    kind, mesh = drawn
    box = np.prod(mesh.size)
    assert (0.15 if kind == "truck" else 0.4) * box < volume(mesh) < box


def test_it_has_glass_lamps_and_tyres(drawn):
    kind, mesh = drawn
    names = {mesh.materials[index].name for index in np.unique(mesh.material)}
    assert names & {"glass", "tinted glass"}
    assert names & {"headlamp", "lit headlamp"}
    if kind != "tram":
        assert "rubber" in names
        assert names & {"tail lamp", "lit tail lamp"}


@pytest.mark.parametrize("kind", ["car", "van", "bus"])
def test_there_is_air_between_road_and_body_but_not_where_the_wheels_are(kind):
    picture = side_view(make(kind, 4))
    road = np.flatnonzero(picture[2])  # 4 cm up, only tyres
    gaps = np.flatnonzero(np.diff(road) > 1)
    assert len(gaps) == 1, "two wheels on a side"
    front, rear = road[gaps[0] + 1], road[gaps[0]]
    between = picture[:, (front + rear) // 2]
    assert not between[:6].any(), "12 cm of clearance"
    assert between[25], "half a metre up there is the body"


@pytest.mark.parametrize("style", STYLES, ids=lambda style: style.name)
def test_each_body_style_has_a_bonnet_below_its_roof(style):
    mesh = car(np.random.default_rng(1), style)
    picture = side_view(mesh)
    top = np.array([np.flatnonzero(column).max() for column in picture.T])
    bonnet = top[-int(0.1 * len(top))]
    assert 0.4 * top.max() < bonnet < 0.72 * top.max()
    assert np.argmax(top[::-1] > 0.97 * top.max()) > 0.25 * len(top), "a raked windscreen"


def test_a_saloon_has_a_boot_and_an_estate_has_none():
    high = {}
    for style in STYLES:
        picture = side_view(car(np.random.default_rng(2), style))
        column = picture[:, int(0.10 * picture.shape[1])]
        high[style.name] = np.flatnonzero(column).max() / len(column)
    assert high["saloon"] < 0.82 < high["estate"]


@pytest.mark.parametrize("kind", KINDS)
def test_lorries_of_each_kind(kind):
    mesh = truck(np.random.default_rng(3), kind)
    assert 6.1 < mesh.size[1] < 12.1


@pytest.mark.parametrize("kind", MAKERS)
def test_equal_seeds_give_equal_vehicles_and_others_others(kind):
    one, same, other = make(kind, 5), make(kind, 5), make(kind, 6)
    assert np.array_equal(one.vertices, same.vertices)
    assert np.array_equal(one.triangles, same.triangles)
    assert np.array_equal(one.material, same.material)
    assert one.materials == same.materials
    assert not np.array_equal(one.size, other.size)


def test_colours_of_cars_vary():
    colours = {m.car_paint(np.random.default_rng(seed)).colour for seed in range(20)}
    assert len(colours) == 20
    assert all(0 <= channel <= 1 for colour in colours for channel in colour)


SOLIDS = {
    "box": (primitives.box((1, 2, 3), (4, 5, 6), m.RUBBER), 6.0),
    "rounded box": (primitives.rounded_box((1, 2, 3), (4, 5, 6), m.RUBBER, 0.05), 6.0),
    "cylinder": (primitives.cylinder((0, 0, 0), (0, 3, 4), 0.5, m.RUBBER, 48), 1.25 * np.pi),
    "capsule": (
        primitives.tube(np.array([(0, 0, 0), (1, 0, 0)]), 0.5, m.RUBBER, 48, round_ends=True),
        np.pi / 4 + np.pi / 6,
    ),
    "ellipsoid": (primitives.ellipsoid((1, 1, 1), (1, 2, 3), m.RUBBER, 40, 40), 8 * np.pi),
    "lathe": (
        primitives.lathe(np.array([(-1, 0), (-1, 1), (0, 1), (0, 0)]), m.RUBBER, 48),
        np.pi,
    ),
    "plate": (primitives.extruded(primitives.rounded_rectangle(2, 1, 0.1), 0.5, m.RUBBER), 1.0),
}


@pytest.mark.parametrize("name", SOLIDS)
def test_solids_are_closed_and_have_their_volume(name):
    mesh, expected = SOLIDS[name]
    assert volume(mesh) == pytest.approx(expected, rel=0.03)
    moved = mesh.moved((7, -3, 2))  # the volume of an open surface depends on the origin
    assert volume(moved) == pytest.approx(volume(mesh), rel=1e-3)


def slab() -> Mesh:
    return primitives.box((4, 4, 4), (0, 0, 0), m.RUBBER)


def area(mesh: Mesh, name: str) -> float:
    a, b, c = np.moveaxis(corners(mesh), 1, 0)
    chosen = mesh.material == [material.name for material in mesh.materials].index(name)
    return float(np.linalg.norm(np.cross(b - a, c - a), axis=1)[chosen].sum() / 2)


spans = st.tuples(st.floats(-1.8, -0.1), st.floats(0.1, 1.8))


@settings(max_examples=25, deadline=None)
@given(spans, spans, st.floats(0, 0.05))
def test_paint_covers_its_outline_and_nothing_else(across, up, by):
    outline = np.array(
        [(across[0], up[0]), (across[1], up[0]), (across[1], up[1]), (across[0], up[1])]
    )
    skin = Skin(slab())
    skin.paint(prism(inset(outline, by), FRONT), m.GLASS, (0, 1, 0))
    mesh = skin.mesh()
    wanted = (np.ptp(across) - 2 * by) * (np.ptp(up) - 2 * by)
    assert area(mesh, "glass") == pytest.approx(wanted, rel=1e-3)
    assert area(mesh, "glass") + area(mesh, "rubber") == pytest.approx(96, rel=1e-4)
    assert volume(mesh) == pytest.approx(64, rel=1e-4)


def test_a_hole_takes_its_outline_away():
    skin = Skin(slab())
    skin.remove(
        np.concatenate([beyond(0, 0.0), prism(np.array([(-1, -1), (1, -1), (0, 1)]), SIDE)])
    )
    assert area(skin.mesh(), "rubber") == pytest.approx(96 - 2, rel=1e-4)
