"""Storyboards in other people's forms: screenplays, tables, subtitles, editing timelines.

`read_board` takes what somebody has, `write_board` makes what another program reads:

| form | reads | writes | module |
|---|---|---|---|
| text, ``[5.0s]A cat lands`` | yes | yes | `plain` |
| Fountain screenplay | yes, lengths are estimated | | `fountain` |
| CSV and DataFrame | yes | yes | `tables` |
| WebVTT subtitles | | yes | `vtt` |
| OpenTimelineIO | | yes | `otio` |

Everything here turns text into values and values into text; nothing opens a file. What cannot be read
raises `BadStoryboard`, which names the line. (A contact sheet has pictures, so it is made where those
are: `sora_kit.panels.contact_sheet`.)
"""

from __future__ import annotations

from sora_kit.language.interchange.forms import FORMS, Form, read_board, write_board
from sora_kit.language.interchange.fountain import from_fountain
from sora_kit.language.interchange.otio import to_otio
from sora_kit.language.interchange.plain import from_text, to_text
from sora_kit.language.interchange.tables import from_csv, from_frame, to_csv, to_frame
from sora_kit.language.interchange.vtt import to_vtt

__all__ = (
    "FORMS",
    "Form",
    "from_csv",
    "from_fountain",
    "from_frame",
    "from_text",
    "read_board",
    "to_csv",
    "to_frame",
    "to_otio",
    "to_text",
    "to_vtt",
    "write_board",
)
