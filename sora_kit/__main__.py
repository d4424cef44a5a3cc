"""``python -m sora_kit`` is the command ``sora-kit``."""

from __future__ import annotations

from sora_kit.cli import main

if __name__ == "__main__":
    main()
