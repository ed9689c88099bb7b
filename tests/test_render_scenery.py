"""Scenery: well-formed, the same for equal seeds, off the road, pavements where the plan says."""

from dataclasses import replace

import numpy as np
import pytest

from amodal.render.mesh import Mesh
from amodal.render.plan import BEHIND, Plan
from amodal.render.scenery import KERB_HEIGHT, scenery
from amodal.render.scenery.furniture import STRIP
from amodal.render.scenery.trees import OVERHEAD

PLANS = {
    houses: Plan(
        lane=3.2,
        lanes=1,
        parking=(True, False),
        pavement=2.8,  # no room for a bus shelter
        junction=40.0,
        tracks=houses == "town",
        length=130.0,
        houses=houses,
    )
    for houses in ("town", "suburb", "country")
}
SEED = 5


@pytest.fixture(scope="module", params=PLANS)
def plan(request) -> Plan:
    return PLANS[request.param]


@pytest.fixture(scope="module")
def drawn(plan: Plan) -> tuple[Mesh, ...]:
    return scenery(np.random.default_rng(SEED), plan)


def corners(meshes: tuple[Mesh, ...]) -> np.ndarray:
    """Of all triangles, (N, 3, 3)."""
    return np.concatenate([m.vertices[m.triangles] for m in meshes]).astype(np.float64)


def heights_at(ground: Mesh, x: float, y: float) -> np.ndarray:
    """z of the level triangles of the ground above or below a point."""
    triangles = corners((ground,))
    sides = np.roll(triangles, -1, axis=1)[..., :2] - triangles[..., :2]
    to_point = np.array([x, y]) - triangles[..., :2]
    crossed = sides[..., 0] * to_point[..., 1] - sides[..., 1] * to_point[..., 0]
    inside = (crossed > 0).all(axis=1) & (np.ptp(triangles[..., 2], axis=1) < 1e-6)
    return triangles[inside, 0, 2]


def test_every_mesh_is_finite_and_its_indices_point_into_it(drawn):
    for mesh in drawn:
        assert np.isfinite(mesh.vertices).all()
        assert mesh.triangles.min() >= 0
        assert mesh.triangles.max() < len(mesh.vertices)
        assert len(mesh.triangles) == len(mesh.material) == len(mesh.smooth)
        assert mesh.material.max() < len(mesh.materials)


def test_a_street_keeps_to_its_budget_of_triangles(drawn):
    assert 20_000 < sum(len(mesh.triangles) for mesh in drawn) < 600_000


def test_equal_seeds_give_equal_scenery(plan, drawn):
    again = scenery(np.random.default_rng(SEED), plan)
    for mesh, other in zip(drawn, again, strict=True):
        np.testing.assert_array_equal(mesh.vertices, other.vertices)
        np.testing.assert_array_equal(mesh.triangles, other.triangles)
        assert mesh.materials == other.materials


def test_another_seed_gives_another_scenery(plan, drawn):
    other = scenery(np.random.default_rng(SEED + 1), plan)
    assert any(a.vertices.shape != b.vertices.shape for a, b in zip(drawn, other, strict=True))


def test_nothing_stands_on_the_driven_road(plan, drawn):
    triangles = corners(drawn)
    x, y, z = np.moveaxis(triangles, -1, 0)
    over = (np.abs(x) < plan.driven - 0.01).all(axis=1)
    over &= (y > -BEHIND).any(axis=1) & (y < plan.length).any(axis=1)
    low = (z > 0.02).any(axis=1) & (z < OVERHEAD).any(axis=1)
    assert not (over & low).any()


def test_nothing_stands_where_cars_park(plan, drawn):
    x, y, z = np.moveaxis(corners(drawn), -1, 0)
    away = plan.driven + 0.01, plan.kerb(-1) - 0.02
    there = (-x > away[0]).all(axis=1) & (-x < away[1]).all(axis=1)
    there &= (y > -BEHIND).all(axis=1) & (y < plan.length).all(axis=1)
    assert not (there & (z > 0.02).any(axis=1) & (z < 2.5).any(axis=1)).any()


@pytest.mark.parametrize("side", [-1, 1])
def test_pavements_lie_as_high_as_kerbs_and_roads_at_zero(plan, drawn, side):
    walked = side * (plan.kerb(side) + plan.wall(side)) / 2
    for y in (0.0, 10.0, 25.0, 55.3, 100.0):
        assert heights_at(drawn[0], walked, y).max() == pytest.approx(KERB_HEIGHT, abs=0.006)
        assert heights_at(drawn[0], side * 0.45 * plan.lane, y).max() == pytest.approx(0, abs=0.01)


def test_a_crossing_road_interrupts_the_pavement(plan, drawn):
    for side in (-1, 1):
        walked = side * (plan.kerb(side) + plan.wall(side)) / 2
        assert heights_at(drawn[0], walked, plan.junction).max() == pytest.approx(0, abs=0.01)
        far = side * (plan.wall(side) + 20)
        beside = plan.junction - plan.driven - plan.pavement / 2
        assert heights_at(drawn[0], far, beside).max() == pytest.approx(KERB_HEIGHT, abs=0.006)


def test_pavements_are_free_behind_the_strip_of_lamps_and_signs(plan, drawn):
    triangles = corners(drawn[2:3])
    x, z = np.abs(triangles[..., 0]), triangles[..., 2]
    side = np.sign(triangles[:, 0, 0]).astype(int)
    kerb = np.where(side < 0, plan.kerb(-1), plan.kerb(1))[:, None]
    wall = np.where(side < 0, plan.wall(-1), plan.wall(1))[:, None]
    behind = ((x > kerb + STRIP[1] + 0.3) & (x < wall)).all(axis=1)
    blocked = behind & (z > 0.3).any(axis=1) & (z < 1.9).any(axis=1)
    assert not blocked.any()


def test_horizontal_ground_looks_up(drawn):
    a, b, c = np.moveaxis(corners(drawn[:1]), 1, 0)
    normal = np.cross(b - a, c - a)
    level = np.abs(normal[:, 2]) > 10 * np.abs(normal[:, :2]).max(axis=1)
    surface = level & (a[:, 2] > -0.04)
    assert (normal[surface, 2] > 0).mean() > 0.97  # all but the undersides of gratings


def test_tram_wires_hang_over_the_rails(drawn, plan):
    if not plan.tracks:
        assert len(drawn) == 4
        return
    wires = drawn[4].vertices
    over = wires[np.abs(np.abs(wires[:, 0]) - plan.lane / 2) < 0.05]
    assert over[:, 2].min() > OVERHEAD


@pytest.mark.parametrize("lanes", [1, 2])
def test_no_junction_leaves_no_gap(lanes):
    plan = replace(PLANS["town"], junction=None, lanes=lanes)
    ground = scenery(np.random.default_rng(1), plan)[0]
    walked = (plan.kerb(1) + plan.wall(1)) / 2
    for y in np.linspace(-15, 120, 10):
        assert heights_at(ground, walked, y).max() == pytest.approx(KERB_HEIGHT, abs=0.006)


def test_unknown_houses_are_refused():
    plan = replace(PLANS["town"], houses="castle")
    with pytest.raises(ValueError, match="castle"):
        scenery(np.random.default_rng(0), plan)
