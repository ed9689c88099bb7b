"""Vehicles of street scenes as meshes: cars, vans, lorries, buses and trams.

Each function draws a vehicle by a `numpy.random.Generator`: metres, standing on z = 0, the middle
of its length at the origin, the nose along +y.
"""

from amodal.render.vehicles.buses import bus
from amodal.render.vehicles.cars import car
from amodal.render.vehicles.trams import tram
from amodal.render.vehicles.trucks import truck
from amodal.render.vehicles.vans import van

__all__ = ["bus", "car", "tram", "truck", "van"]
