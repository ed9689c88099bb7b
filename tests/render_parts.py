"""Streets of boxes, which several test files draw."""

import numpy as np

from amodal.render.mesh import Material
from amodal.render.primitives import box
from amodal.render.scene import Camera, Light, Street, Thing

GREY = Material("grey", (0.2, 0.2, 0.2))
SMALL = Camera(96, 64, 80.0, (0.0, 0.0, 1.5))


def boxes(*places, camera=SMALL, scenery=()):
    """A street of boxes: (x, y, width, length, height, turn), standing on the ground."""
    things = []
    for id, (x, y, wide, long, high, turn) in enumerate(places, start=1):
        mesh = box((wide, long, high), (0, 0, high / 2), GREY)
        things.append(Thing(id, "car", mesh, (x, y, 0.0), turn))
    return Street(0, camera, Light(1.0, 0.0), tuple(things), tuple(scenery))


def on_photo(seen, mask):
    photo = np.zeros((3 * seen.size[0], 3 * seen.size[1]), bool)
    y, x = seen.y0 + seen.size[0], seen.x0 + seen.size[1]
    photo[y : y + mask.shape[0], x : x + mask.shape[1]] = mask
    return photo[seen.size[0] : 2 * seen.size[0], seen.size[1] : 2 * seen.size[1]]
