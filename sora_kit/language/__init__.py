"""The words of sora_kit: models, styles, prompts and what they show.

The way in is `parse`, which reads a prompt into a `Request`; `to_prompt` prints it back. `read_scenes`
tells what the shots show. Nothing here does any input or output, and nothing of ours is imported
except `sora_kit.errors`.
"""

from __future__ import annotations

from sora_kit.language.alone import alone
from sora_kit.language.catalogue import MODELS, Model, choose_model, find_model, models_for
from sora_kit.language.chips import chips
from sora_kit.language.enhance import enhance
from sora_kit.language.nouns import NOUNS
from sora_kit.language.parser import parse, to_prompt
from sora_kit.language.portrait import describe_subject
from sora_kit.language.reading import read_scene, read_scenes
from sora_kit.language.request import Kind, MediaRef, Note, Request, Shot
from sora_kit.language.scene import Scene, Subject
from sora_kit.language.storyboard import Storyboard
from sora_kit.language.styles import STYLES, Style, find_style

__all__ = (
    "MODELS",
    "NOUNS",
    "STYLES",
    "Kind",
    "MediaRef",
    "Model",
    "Note",
    "Request",
    "Scene",
    "Shot",
    "Storyboard",
    "Style",
    "Subject",
    "alone",
    "chips",
    "choose_model",
    "describe_subject",
    "enhance",
    "find_model",
    "find_style",
    "models_for",
    "parse",
    "read_scene",
    "read_scenes",
    "to_prompt",
)
