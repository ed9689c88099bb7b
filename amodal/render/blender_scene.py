"""One Blender scene of a street, from which all of its pictures are rendered with Cycles.

Objects are hidden and moved, never built again: with persistent data Cycles keeps what it made of
them. Pictures are (H, W, 3 or 4) float32 RGB(A) in 0..1, as a screen shows them.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from amodal.errors import AmodalError
from amodal.render.blender_materials import make_material
from amodal.render.blender_sky import haze_colour, light_up
from amodal.render.mesh import Material, Mesh
from amodal.render.scene import Camera, Street, Thing

MIDDLE_GREY = 0.18  # what the exposure makes of the middle brightness of the lower picture
Box = tuple[int, int, int, int]  # least x, least y, greatest x, greatest y of pixels, exclusive


def load_bpy() -> Any:
    """The bpy module.

    Raises:
        AmodalError: Blender isn't installed here.
    """
    try:
        import bpy
    except ImportError as error:
        raise AmodalError(
            "Rendering needs Blender as a Python module, in an environment of its own since it "
            "needs numpy 1.26: pip install bpy==4.5.15"
        ) from error
    return bpy


class Stage:
    """A street in Blender.

    Blender has one scene in a process: making a stage ends the one before.

    Args:
        street: what to build.
        samples: paths per pixel at most.
    """

    def __init__(self, street: Street, samples: int):
        self.bpy = load_bpy()
        self.bpy.ops.wm.read_factory_settings(use_empty=True)
        self.street = street
        self.scene = self.bpy.context.scene
        self._materials: dict[Material, Any] = {}
        self._haze = haze_colour(street.light)
        self._configure(samples)
        self._aim(street.camera)
        light_up(self.bpy, self.scene, street.light, street.seed)
        self.scenery = [self._add(f"scenery {k}", m) for k, m in enumerate(street.scenery)]
        self.things = {
            thing.id: self._add(f"thing {thing.id}", thing.mesh) for thing in street.things
        }
        for thing in street.things:
            self.place(thing)

    def place(self, thing: Thing) -> None:
        """Move an object to where the thing of its id stands."""
        placed = self.things[thing.id]
        placed.location = thing.position
        placed.rotation_euler = (0.0, 0.0, thing.turn)
        placed.scale = (thing.scale,) * 3

    def expose(self) -> float:
        """Set the exposure as a camera would, by a small picture; returns it, in stops."""
        scene = self.scene
        kept = scene.render.resolution_percentage, scene.cycles.samples
        scene.render.resolution_percentage = max(12, min(100, 16000 // self.street.camera.width))
        scene.cycles.samples = 8
        with tempfile.TemporaryDirectory() as folder:
            linear = self._linear(Path(folder) / "meter.exr")
        scene.render.resolution_percentage, scene.cycles.samples = kept
        luminance = linear[..., :3] @ np.array([0.2126, 0.7152, 0.0722])
        # The sky may burn out, as it does in photos; the street decides. What the sun lights
        # counts more than the number of its pixels, or it would burn out where shade prevails.
        street = np.maximum(luminance[len(luminance) // 3 :], 1e-5)
        middle = np.sqrt(
            np.exp(np.log(street).mean()) * np.minimum(street, 20 * np.median(street)).mean()
        )
        exposure = float(np.log2(MIDDLE_GREY / middle))
        scene.view_settings.exposure = round(exposure, 3)
        return scene.view_settings.exposure

    def picture(self, hidden: Iterable[int] = (), box: Box | None = None) -> np.ndarray:
        """Render the street, RGB, without the hidden objects; black outside of the box."""
        hidden = set(hidden)
        for id, thing in self.things.items():
            thing.hide_render = id in hidden
        picture = self._render(box)
        for thing in self.things.values():
            thing.hide_render = False
        return picture[..., :3]

    def cutouts(self, boxes: dict[int, Box]) -> Iterator[tuple[int, np.ndarray]]:
        """Render objects one by one, RGBA, lit and mirrored in by the others in their places.

        Args:
            boxes: by id of an object, the pixels to render.

        Yields:
            The id and the picture, empty outside of the box.
        """
        everything = [*self.scenery, *self.things.values()]
        settings = self.scene.render.image_settings
        self.scene.render.film_transparent, settings.color_mode = True, "RGBA"
        for placed in everything:
            placed.visible_camera = False
        for id, box in boxes.items():
            # Toggling only this one between renders lets Cycles keep all the rest.
            self.things[id].visible_camera = True
            picture = self._render(box)
            self.things[id].visible_camera = False
            yield id, picture
        for placed in everything:
            placed.visible_camera = True
        self.scene.render.film_transparent, settings.color_mode = False, "RGB"

    def _configure(self, samples: int) -> None:
        """Cycles on the CPU: few paths, a denoiser, equal seeds for equal pictures."""
        scene, cycles = self.scene, self.scene.cycles
        scene.render.engine = "CYCLES"
        cycles.device = "CPU"
        cycles.samples = samples
        cycles.seed = self.street.seed % 2**31
        cycles.use_animated_seed = False
        cycles.use_adaptive_sampling = True
        cycles.adaptive_threshold = 0.03
        cycles.use_denoising = True
        cycles.denoiser = "OPENIMAGEDENOISE"
        cycles.denoising_prefilter = "FAST"
        cycles.max_bounces, cycles.diffuse_bounces, cycles.glossy_bounces = 5, 2, 3
        cycles.transmission_bounces, cycles.transparent_max_bounces = 3, 4
        cycles.sample_clamp_indirect = 4.0
        cycles.caustics_reflective = cycles.caustics_refractive = False
        cycles.blur_glossy = 0.5
        cycles.filter_width = 1.3
        scene.render.use_persistent_data = True
        scene.view_settings.view_transform = "AgX"
        scene.view_settings.look = "AgX - Medium High Contrast"
        settings = scene.render.image_settings
        settings.file_format, settings.color_mode, settings.color_depth = "PNG", "RGB", "16"
        settings.compression = 0

    def _aim(self, camera: Camera) -> None:
        """A Blender camera looks along its -z with y up; ours along z with y down."""
        data = self.bpy.data.cameras.new("camera")
        data.sensor_fit, data.sensor_width = "HORIZONTAL", 36.0
        data.lens = camera.focal * 36.0 / camera.width
        data.clip_start, data.clip_end = 0.05, 5000.0
        placed = self.bpy.data.objects.new("camera", data)
        matrix = np.eye(4)
        matrix[:3, :3] = camera.rotation.T * (1, -1, -1)
        matrix[:3, 3] = camera.position
        # Blender takes nested lists by columns, its own matrices by rows.
        placed.matrix_world = matrix.T.tolist()
        self.scene.collection.objects.link(placed)
        self.scene.camera = placed
        render = self.scene.render
        render.resolution_x, render.resolution_y = camera.width, camera.height
        render.resolution_percentage = 100

    def _add(self, name: str, mesh: Mesh) -> Any:
        data = self.bpy.data.meshes.new(name)
        count = len(mesh.triangles)
        data.vertices.add(len(mesh.vertices))
        data.vertices.foreach_set("co", mesh.vertices.astype(np.float32).ravel())
        data.loops.add(3 * count)
        data.loops.foreach_set("vertex_index", mesh.triangles.astype(np.int32).ravel())
        data.polygons.add(count)
        data.polygons.foreach_set("loop_start", np.arange(0, 3 * count, 3, dtype=np.int32))
        for material in mesh.materials:
            data.materials.append(self._material(material))
        data.polygons.foreach_set("material_index", mesh.material.astype(np.int32))
        data.polygons.foreach_set("use_smooth", mesh.smooth.astype(bool))
        data.update(calc_edges=True)
        placed = self.bpy.data.objects.new(name, data)
        # Cycles keeps a tree of its own only for a mesh that is used twice; all others go into
        # one, which any change builds anew, for seconds. The twin is a speck far underground.
        twin = self.bpy.data.objects.new(f"{name} twin", data)
        twin.location, twin.scale = (0.0, 0.0, -3000.0), (1e-4,) * 3
        for one in (placed, twin):
            self.scene.collection.objects.link(one)
        return placed

    def _material(self, material: Material) -> Any:
        if material not in self._materials:
            self._materials[material] = make_material(self.bpy, material, self._haze)
        return self._materials[material]

    def _render(self, box: Box | None) -> np.ndarray:
        render = self.scene.render
        width, height = render.resolution_x, render.resolution_y
        render.use_border = box is not None
        if box is not None:
            # A border's y runs upwards. Blender rounds down: a bit more keeps whole pixels whole.
            x0, y0, x1, y1 = box
            render.border_min_x, render.border_max_x = (x0 + 0.01) / width, (x1 + 0.01) / width
            render.border_min_y = (height - y1 + 0.01) / height
            render.border_max_y = (height - y0 + 0.01) / height
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "picture.png"
            render.filepath = str(path)
            self.bpy.ops.render.render(write_still=True)
            picture = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
        channels = [2, 1, 0, 3][: picture.shape[2]]
        return picture[..., channels].astype(np.float32) / 65535

    def _linear(self, path: Path) -> np.ndarray:
        """Render in linear light, (H, W, 4)."""
        settings = self.scene.render.image_settings
        settings.file_format = "OPEN_EXR"
        self.scene.render.use_border = False
        self.scene.render.filepath = str(path)
        self.bpy.ops.render.render(write_still=True)
        settings.file_format, settings.color_depth = "PNG", "16"
        image = self.bpy.data.images.load(str(path))
        pixels = np.empty(image.size[0] * image.size[1] * 4, np.float32)
        image.pixels.foreach_get(pixels)
        picture = pixels.reshape(image.size[1], image.size[0], 4)[::-1]
        self.bpy.data.images.remove(image)
        return picture
