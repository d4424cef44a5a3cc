"""One shot of a storyboard, taken out so that it still shows the same.

"It looks up" is nothing without the shot that told who *it* is and where. What a shot leaves open is
carried over from the shots before (see `sora_kit.language.reading`), so `alone` puts it into the
general instruction: in the words of those shots where these still hold, else in plain words. Which of
the two it is, reading decides.
"""

from __future__ import annotations

from sora_kit.language.reading import read_scenes
from sora_kit.language.request import Request
from sora_kit.language.scene import Scene
from sora_kit.language.storyboard import Storyboard

__all__ = ("alone",)

CARRIED = ("subjects", "setting", "time", "weather")
"""What one shot hands on to the next."""


def alone(board: Storyboard, index: int) -> Storyboard:
    """A board of a single shot, with what it takes over from the shots before as its instruction.

    Args:
        board: The whole.
        index: The shot, from 0.

    Raises:
        IndexError: There is no such shot.
    """
    shot = board[index]
    at = range(len(board))[index]
    scenes = _read(board)
    missing = [field for field in CARRIED if field not in scenes[at].said]
    givers = {field: [n for n in range(at) if field in scenes[n].said][-1:] for field in missing}
    found = sorted({n for numbers in givers.values() for n in numbers})
    if not found:
        return Storyboard(board.instruction, (shot,))
    candidates = [
        Storyboard(_sentences(board.instruction, *words), (shot,))
        for words in ([board[n].text for n in found], [_plain(scenes[at], givers)])
    ]
    same = (one for one in candidates if _shown(_read(one)[0]) == _shown(scenes[at]))
    return next(same, candidates[0])


def _read(board: Storyboard) -> tuple[Scene, ...]:
    return read_scenes(Request("video", board.instruction, "", shots=board.shots))


def _shown(scene: Scene) -> tuple[object, ...]:
    who = tuple((subject.noun, subject.colour, subject.count) for subject in scene.subjects)
    return who, scene.setting, scene.time, scene.weather


def _plain(scene: Scene, givers: dict[str, list[int]]) -> str:
    """What is carried over, each thing by its name."""
    words = [subject.word for subject in scene.subjects] if givers.get("subjects") else []
    words += [getattr(scene, field) for field in CARRIED[1:] if givers.get(field)]
    return ", ".join(word for word in words if word)


def _sentences(*texts: str) -> str:
    joined = ""
    for text in filter(None, texts):
        joined += (" " if joined.endswith("}") else ". ") if joined else ""  # a tag is no sentence
        joined += text.rstrip(" .。")
    return joined
