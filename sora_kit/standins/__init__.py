"""Servers that speak other people's protocols, with faults on request, for tests, demos and CI.

A client of a backend can only be trusted if it was seen to meet a lost answer, a used-up quota and a
task that never ends. A stand-in keeps the backend's rules, holds its state in memory, makes small real
media, and breaks where it is told to.

| room | speaks |
|---|---|
| `sora_web` | the protocol of the Sora web backend |
"""
