"""One module per thing that a cell can show; each has a ``bundle`` for Jupyter's display protocol.

Static cards (clip, plan, studio, error) are plain HTML and survive in a saved notebook. Live ones
(a job at work, a server) are widgets, with static HTML beside them for when the kernel is gone.
"""
