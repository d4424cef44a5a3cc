"""The endpoints, by subject.

They are `profile`, `signing`, `making`, `lists`, `posts`, `characters`, `media`,
and `control`, which is the stand-in's own.

The name of each handler is its name in `sora_kit.standins.sora_web.endpoints`.
"""
