"""Primitives that sets are painted with: sky, terrain, water, plants, buildings, furniture.

Each is a function of a `SetBuilder` and a few numbers. Heights and positions are shares of the canvas.
"""

from __future__ import annotations
