"""Pictures, clips and sound as files: look into them, make them, cut them, join them, fetch them.

| module | holds |
|---|---|
| `sniff` | what a file is, by its first bytes |
| `container`, `picture` | the only two doors through which libav and Pillow read a file |
| `probe` | size, length, codecs, metadata |
| `encode` | `VideoWriter` and `encode_image` |
| `sound` | sound tracks, read and written in one form |
| `frames` | posters, thumbnails, contact sheets, single frames |
| `join` | several clips into one |
| `check`, `scan` | uploads, decoded from end to end in a limited process of their own |
| `fetch`, `addresses` | the one guarded download of a user's URL |
| `atomic` | files that appear whole or not at all |

Import from the modules (``from sora_kit.media.probe import probe``): several bear the name of their
main function, and this package stays empty so that importing it costs nothing. OpenCV and PyAV take a
third of a second to load.
"""
