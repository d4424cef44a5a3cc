"""One module per thing that a cell can show.

Static cards (clip, plan, studio, error) are plain HTML: ``bundle`` gives it for Jupyter's display
protocol. Live ones (a job at work, a server) are widgets that become plain HTML when they have nothing
more to tell: ``show`` displays them.
"""
