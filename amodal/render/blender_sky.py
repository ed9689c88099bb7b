"""The light of a street in Blender: sun, sky, clouds, and the colour of the air."""

from __future__ import annotations

import math
from typing import Any

from amodal.render.blender_materials import Nodes, Socket
from amodal.render.scene import Light

# Blender's clear sky is in units where a road in the sun is far too bright for a picture; the
# camera's exposure is measured anyway, and these keep numbers near 1.
_SKY = 0.055
_SUN = 3.4
_GREY = (0.62, 0.66, 0.72)  # of an overcast sky, and of haze


def sun_direction(light: Light) -> tuple[float, float, float]:
    """Unit vector towards the sun."""
    level = math.cos(light.elevation)
    x, y = -level * math.sin(light.azimuth), level * math.cos(light.azimuth)
    return x, y, math.sin(light.elevation)


def haze_colour(light: Light) -> tuple[float, float, float]:
    """Light of the air before what is far, in the scene's units."""
    clear = (0.50, 0.60, 0.74)
    share = light.overcast
    red, green, blue = (
        (1 - share) * c * (0.35 + 0.65 * math.sin(light.elevation)) + share * 0.55 * g
        for c, g in zip(clear, _GREY, strict=True)
    )
    return red, green, blue


def light_up(bpy: Any, scene: Any, light: Light, seed: int) -> None:
    """Give a scene a world and a sun."""
    world = bpy.data.worlds.new("sky")
    scene.world = world
    world.use_nodes = True
    world.node_tree.nodes.clear()
    world.cycles.sampling_method = "MANUAL"
    world.cycles.sample_map_resolution = 512
    nodes = Nodes(world.node_tree)
    colour = _sky(nodes, light, seed)
    background = nodes.add("Background", {"Color": colour, "Strength": 1.0})
    nodes.set(nodes.add("OutputWorld").inputs[0], background.outputs[0])
    _sun(bpy, scene, light)


def _sky(nodes: Nodes, light: Light, seed: int) -> Socket:
    """A clear sky, under clouds that close as it gets overcast."""
    clear = nodes.add("TexSky", sky_type="NISHITA")
    clear.sun_disc = False
    clear.sun_elevation = max(light.elevation, 0.02)
    clear.sun_rotation = -light.azimuth
    clear.air_density, clear.dust_density, clear.ozone_density = 1.0, 1.6, 1.0
    blue = nodes.scaled(clear.outputs[0], _SKY)
    way = nodes.add("TexCoord").outputs["Generated"]
    up = nodes.maths("MAXIMUM", nodes.add("SeparateXYZ", {0: way}).outputs[2], 0.0)
    # Clouds lie on a plane: the lower the view, the closer together they are.
    flat = nodes.scaled(way, nodes.maths("DIVIDE", 1.0, nodes.maths("ADD", up, 0.12)))
    inputs = {
        "Vector": flat,
        "W": float(seed % 997),
        "Scale": 0.75,
        "Detail": 7.0,
        "Roughness": 0.58,
    }
    noise = nodes.add("TexNoise", inputs, noise_dimensions="4D").outputs[0]
    start = 0.62 - 0.5 * light.overcast
    cover = nodes.ramp(noise, start, start + 0.22, 0.0, 0.85 + 0.15 * light.overcast)
    bright = (0.35 + 0.65 * math.sin(light.elevation)) * (1.25 - 0.45 * light.overcast)
    # An overcast sky is three times as bright above as at the horizon.
    dome = nodes.ramp(up, 0.0, 1.0, 0.75, 1.35)
    shade = nodes.ramp(noise, start + 0.1, start + 0.45, 1.1, 0.72)
    white = nodes.scaled(
        _GREY, nodes.maths("MULTIPLY", dome, nodes.maths("MULTIPLY", shade, bright))
    )
    return nodes.mixed(cover, blue, white)


def _sun(bpy: Any, scene: Any, light: Light) -> None:
    from mathutils import Vector

    lamp = bpy.data.lights.new("sun", "SUN")
    low = math.exp(-0.16 / max(math.sin(light.elevation), 0.06))
    lamp.energy = _SUN * low * max(0.0, 1.0 - 1.15 * light.overcast) ** 1.5
    # Near the horizon the sun is dimmer and warmer; a hint of mist widens it.
    lamp.color = (1.0, 0.93 * low**0.18, 0.84 * low**0.5)
    lamp.angle = math.radians(0.6 + 4.0 * light.overcast)
    placed = bpy.data.objects.new("sun", lamp)
    placed.rotation_euler = Vector(sun_direction(light)).to_track_quat("Z", "Y").to_euler()
    scene.collection.objects.link(placed)
