"""A Jupyter-first studio for AI video and images."""

from __future__ import annotations

__version__ = "0.1.0"
