"""Materials for Blender from those of meshes, with patterns for what streets are made of.

A pattern is found by a material's name; anything else is plain, or faintly varied by its grain.
Lengths in metres: textures are read in an object's own coordinates, which for scenery are the
world's. Nothing here is an image; all patterns are noise, bricks and cells.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from amodal.render.mesh import Material

HAZE_LENGTH = 6000.0  # metres of clear air that dim what lies behind to 1 / e

Socket = Any  # of a Blender node; bpy has no types to import
Value = Any  # a number, a colour, or a socket


class Nodes:
    """A node tree with a terse way to add to it."""

    def __init__(self, tree: Any):
        self.tree = tree

    def add(self, kind: str, inputs: dict | None = None, **settings: Any) -> Any:
        """A new node; inputs by name or index are values or sockets to link."""
        node = self.tree.nodes.new(f"ShaderNode{kind}")
        for name, value in settings.items():
            setattr(node, name, value)
        for name, value in (inputs or {}).items():
            self.set(node.inputs[name], value)
        return node

    def set(self, socket: Socket, value: Value) -> None:
        """Link or assign."""
        if hasattr(value, "is_output"):
            self.tree.links.new(value, socket)
        elif isinstance(value, tuple) and len(value) == 3 and socket.type == "RGBA":
            socket.default_value = (*value, 1.0)
        else:
            socket.default_value = value

    def maths(self, operation: str, *values: Value) -> Socket:
        """A number of numbers."""
        return self.add("Math", dict(enumerate(values)), operation=operation).outputs[0]

    def ramp(self, value: Value, start: float, end: float, low: float, high: float) -> Socket:
        """`value` from start..end to low..high, clamped."""
        inputs = {"Value": value, 1: start, 2: end, 3: low, 4: high}
        return self.add("MapRange", inputs).outputs["Result"]

    def scaled(self, vector: Value, factor: Value) -> Socket:
        """A vector or colour times a number."""
        node = self.add("VectorMath", {0: vector, "Scale": factor}, operation="SCALE")
        return node.outputs["Vector"]

    def stretched(self, vector: Socket, x: float, y: float, z: float) -> Socket:
        """A vector times another, axis by axis."""
        node = self.add("VectorMath", {0: vector, 1: (x, y, z)}, operation="MULTIPLY")
        return node.outputs["Vector"]

    def noise(self, vector: Socket, scale: float, detail: float = 3.0) -> Socket:
        """Smooth noise around 0.5."""
        inputs = {"Vector": vector, "Scale": scale, "Detail": detail, "Roughness": 0.6}
        return self.add("TexNoise", inputs).outputs[0]

    def mixed(self, share: Value, first: Value, second: Value) -> Socket:
        """Two colours mixed; 0: the first."""
        node = self.add("Mix", data_type="RGBA")
        for socket, value in ((0, share), (6, first), (7, second)):
            self.set(node.inputs[socket], value)
        return node.outputs[2]


def make_material(bpy: Any, material: Material, haze: tuple[float, float, float]) -> Any:
    """A Blender material; `haze` is the colour of the air, in the scene's units of light."""
    made = bpy.data.materials.new(material.name)
    made.use_nodes = True
    # Haze makes everything glow a little; as lamps, all triangles would have to be sampled.
    made.cycles.emission_sampling = "NONE"
    made.node_tree.nodes.clear()
    nodes = Nodes(made.node_tree)
    where = nodes.add("TexCoord").outputs["Object"]
    shader = nodes.add("BsdfPrincipled")
    settings = {
        "Base Color": material.colour,
        "Roughness": material.roughness,
        "Metallic": material.metallic,
        "Coat Weight": material.coat,
        "Coat Roughness": 0.04,
        "Transmission Weight": material.transmission,
        "Emission Strength": material.glow,
        "Emission Color": material.colour,
    }
    for name, value in settings.items():
        nodes.set(shader.inputs[name], value)
    pattern = _PATTERNS.get(material.name, _grainy)
    surface = pattern(nodes, where, material, shader) or shader.outputs[0]
    output = nodes.add("OutputMaterial")
    nodes.set(output.inputs["Surface"], _hazy(nodes, surface, haze))
    return made


def _hazy(nodes: Nodes, surface: Socket, haze: tuple[float, float, float]) -> Socket:
    """The surface behind as much air as lies between it and the camera."""
    distance = nodes.add("CameraData").outputs["View Distance"]
    passed = nodes.maths("EXPONENT", nodes.maths("DIVIDE", distance, -HAZE_LENGTH))
    direct = nodes.add("LightPath").outputs["Is Camera Ray"]
    share = nodes.maths("MULTIPLY", nodes.maths("SUBTRACT", 1.0, passed), direct)
    air = nodes.add("Emission", {"Color": haze, "Strength": 1.0}).outputs[0]
    return nodes.add("MixShader", {0: share, 1: surface, 2: air}).outputs[0]


def _bump(nodes: Nodes, shader: Any, height: Socket, strength: float, metres: float) -> None:
    node = nodes.add("Bump", {"Height": height, "Strength": strength, "Distance": metres})
    nodes.set(shader.inputs["Normal"], node.outputs[0])


def _shades(nodes: Nodes, colour: Value, *factors: Socket) -> Socket:
    """A colour times several numbers."""
    for factor in factors:
        colour = nodes.scaled(colour, factor)
    return colour


def _grainy(nodes: Nodes, where: Socket, material: Material, shader: Any) -> None:
    if not material.grain:
        return
    noise = nodes.noise(where, material.grain)
    shade = nodes.ramp(noise, 0.3, 0.7, 0.82, 1.18)
    nodes.set(shader.inputs["Base Color"], _shades(nodes, material.colour, shade))


def _asphalt(nodes: Nodes, where: Socket, material: Material, shader: Any) -> None:
    """Stones, worn lanes along the street, oil stains and cracks."""
    stones = nodes.ramp(nodes.noise(where, 110.0, 2.0), 0.3, 0.7, 0.72, 1.28)
    cloudy = nodes.ramp(nodes.noise(where, 0.7, 6.0), 0.3, 0.7, 0.80, 1.2)
    lanes = nodes.ramp(
        nodes.noise(nodes.stretched(where, 1.3, 0.02, 1.0), 1.0, 3.0), 0.3, 0.7, 0.84, 1.16
    )
    stains = nodes.ramp(nodes.noise(where, 0.9, 4.0), 0.62, 0.74, 1.0, 0.62)
    wander = nodes.add("VectorMath", {0: where, 1: _wander(nodes, where)}, operation="ADD")
    cells = nodes.add(
        "TexVoronoi", {"Vector": wander.outputs[0], "Scale": 0.33}, feature="DISTANCE_TO_EDGE"
    )
    here = nodes.ramp(nodes.noise(where, 0.12, 1.0), 0.45, 0.55, 0.0, 1.0)
    line = nodes.ramp(cells.outputs[0], 0.002, 0.006, 1.0, 0.0)
    cracks = nodes.ramp(nodes.maths("MULTIPLY", line, here), 0.0, 1.0, 1.0, 0.45)
    colour = _shades(nodes, material.colour, stones, cloudy, lanes, stains, cracks)
    nodes.set(shader.inputs["Base Color"], colour)
    smooth = nodes.ramp(nodes.noise(where, 0.8, 4.0), 0.3, 0.7, 0.62, 0.92)
    nodes.set(shader.inputs["Roughness"], smooth)
    _bump(nodes, shader, nodes.noise(where, 160.0, 2.0), 0.5, 0.006)


def _wander(nodes: Nodes, where: Socket) -> Socket:
    """An offset of up to a third of a metre that turns straight edges into wavy ones."""
    node = nodes.add("TexNoise", {"Vector": where, "Scale": 1.4, "Detail": 5.0})
    return nodes.scaled(node.outputs["Color"], 0.7)


def _road_paint(nodes: Nodes, where: Socket, material: Material, shader: Any) -> None:
    """Paint worn down to the asphalt in places."""
    worn = nodes.ramp(nodes.noise(where, 7.0, 8.0), 0.52, 0.66, 0.0, 0.85)
    dirt = nodes.ramp(nodes.noise(where, 1.5, 3.0), 0.3, 0.7, 0.75, 1.05)
    colour = nodes.mixed(worn, _shades(nodes, material.colour, dirt), (0.09, 0.09, 0.09))
    nodes.set(shader.inputs["Base Color"], colour)


def _weather(nodes: Nodes, where: Socket) -> tuple[Socket, ...]:
    """Shades of a wall: clouds, streaks that run down, dirt near the ground."""
    clouds = nodes.ramp(nodes.noise(where, 0.6, 5.0), 0.3, 0.7, 0.88, 1.08)
    tears = nodes.noise(nodes.stretched(where, 1.5, 1.5, 0.22), 1.0, 6.0)
    streaks = nodes.ramp(tears, 0.35, 0.7, 1.04, 0.86)
    height = nodes.add("SeparateXYZ", {0: where}).outputs[2]
    splashed = nodes.maths("ADD", height, nodes.noise(where, 1.2, 3.0))
    return clouds, streaks, nodes.ramp(splashed, 0.3, 1.7, 0.72, 1.0)


def _plaster(nodes: Nodes, where: Socket, material: Material, shader: Any) -> None:
    fine = nodes.ramp(nodes.noise(where, 35.0, 2.0), 0.3, 0.7, 0.96, 1.04)
    colour = _shades(nodes, material.colour, fine, *_weather(nodes, where))
    nodes.set(shader.inputs["Base Color"], colour)
    _bump(nodes, shader, nodes.noise(where, 70.0, 3.0), 0.25, 0.005)


def _bricks(nodes: Nodes, vector: Socket, colour: tuple, size: tuple, joint: tuple) -> Any:
    """A brick texture: `size` is (length, height, joint) in metres."""
    dark, light = (tuple(min(1.0, k * c) for c in colour) for k in (0.72, 1.22))
    inputs = {
        "Vector": vector,
        "Color1": dark,
        "Color2": light,
        "Mortar": joint,
        "Scale": 1.0,
        "Mortar Size": size[2],
        "Mortar Smooth": 0.2,
        "Brick Width": size[0],
        "Row Height": size[1],
    }
    return nodes.add("TexBrick", inputs)


def _upright(nodes: Nodes, where: Socket) -> Socket:
    """Coordinates on walls along x as well as along y: (x + y, z)."""
    x, y, z = nodes.add("SeparateXYZ", {0: where}).outputs[:3]
    node = nodes.add("CombineXYZ", {0: nodes.maths("ADD", x, y), 1: z, 2: 0.0})
    return node.outputs[0]


def _laid(
    size: tuple[float, float, float], joint: float, upright: bool
) -> Callable[[Nodes, Socket, Material, Any], None]:
    """A pattern of bricks, blocks, slabs or tiles; the joint's grey is relative to the colour."""

    def pattern(nodes: Nodes, where: Socket, material: Material, shader: Any) -> None:
        vector = _upright(nodes, where) if upright else where
        mortar = tuple(min(1.0, joint * c) for c in material.colour)
        bricks = _bricks(nodes, vector, material.colour, size, mortar)
        fine = nodes.ramp(nodes.noise(where, 25.0, 3.0), 0.3, 0.7, 0.88, 1.12)
        clouds = nodes.ramp(nodes.noise(where, 0.5, 6.0), 0.3, 0.7, 0.78, 1.14)
        shades = (fine, *_weather(nodes, where)) if upright else (fine, clouds)
        nodes.set(shader.inputs["Base Color"], _shades(nodes, bricks.outputs[0], *shades))
        _bump(nodes, shader, nodes.maths("SUBTRACT", 1.0, bricks.outputs[1]), 0.5, 0.008)

    return pattern


def _leaves(nodes: Nodes, where: Socket, material: Material, shader: Any) -> Socket:
    """Each leaf in a shade of its own; light shines through."""
    own = nodes.add("NewGeometry").outputs["Random Per Island"]
    clouds = nodes.ramp(nodes.noise(where, 0.8, 2.0), 0.3, 0.7, 0.75, 1.25)
    red, green, blue = material.colour
    yellow = (min(1.0, 1.7 * red), 1.15 * green, 0.8 * blue)
    colour = nodes.mixed(nodes.ramp(own, 0.5, 1.0, 0.0, 0.8), material.colour, yellow)
    colour = _shades(nodes, colour, nodes.ramp(own, 0.0, 0.6, 0.6, 1.2), clouds)
    nodes.set(shader.inputs["Base Color"], colour)
    nodes.set(shader.inputs["Specular IOR Level"], 0.35)
    through = nodes.add("BsdfTranslucent", {"Color": nodes.scaled(colour, 1.5)}).outputs[0]
    return nodes.add("MixShader", {0: 0.42, 1: shader.outputs[0], 2: through}).outputs[0]


def _grass(nodes: Nodes, where: Socket, material: Material, shader: Any) -> None:
    blades = nodes.ramp(nodes.noise(where, 26.0, 4.0), 0.3, 0.7, 0.55, 1.45)
    clouds = nodes.ramp(nodes.noise(where, 0.25, 6.0), 0.3, 0.7, 0.7, 1.25)
    dry = nodes.ramp(nodes.noise(where, 0.6, 5.0), 0.48, 0.68, 0.0, 0.6)
    colour = nodes.mixed(dry, material.colour, (0.15, 0.13, 0.055))
    nodes.set(shader.inputs["Base Color"], _shades(nodes, colour, blades, clouds))
    _bump(nodes, shader, nodes.noise(where, 40.0, 4.0), 1.0, 0.05)


def _window(nodes: Nodes, where: Socket, material: Material, shader: Any) -> None:
    """Panes are never quite flat; what stands behind them is dim."""
    rooms = nodes.noise(nodes.stretched(where, 0.9, 0.9, 0.5), 1.0, 1.0)
    shade = nodes.ramp(rooms, 0.35, 0.7, 0.4, 2.6)
    nodes.set(shader.inputs["Base Color"], _shades(nodes, material.colour, shade))
    nodes.set(shader.inputs["IOR"], 1.75)  # two panes reflect more than one
    _bump(nodes, shader, nodes.noise(where, 0.9, 1.0), 0.06, 0.1)


def _paint(nodes: Nodes, where: Socket, material: Material, shader: Any) -> None:
    """Car paint is dusty, more so near the road."""
    height = nodes.add("SeparateXYZ", {0: where}).outputs[2]
    dust = nodes.maths(
        "MULTIPLY", nodes.noise(where, 3.0, 5.0), nodes.ramp(height, 0.2, 1.0, 0.4, 0.08)
    )
    colour = nodes.mixed(dust, material.colour, (0.17, 0.155, 0.135))
    nodes.set(shader.inputs["Base Color"], colour)
    nodes.set(
        shader.inputs["Coat Roughness"],
        nodes.maths("ADD", 0.02, nodes.maths("MULTIPLY", dust, 0.5)),
    )


_PATTERNS: dict[str, Callable[[Nodes, Socket, Material, Any], Socket | None]] = {
    "asphalt": _asphalt,
    "asphalt patch": _asphalt,
    "road paint": _road_paint,
    "plaster": _plaster,
    "brick": _laid((0.25, 0.083, 0.011), 1.35, upright=True),
    "stone": _laid((0.95, 0.38, 0.008), 0.55, upright=True),
    "roof tiles": _laid((0.24, 0.20, 0.018), 0.35, upright=True),
    "paving": _laid((0.50, 0.35, 0.009), 0.45, upright=False),
    "leaves": _leaves,
    "grass": _grass,
    "window": _window,
    "paint": _paint,
}
