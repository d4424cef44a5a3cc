"""A PostgreSQL server of our own, for tests: in a temporary folder, on a free port, restarted at will."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

import psycopg

__all__ = ("Postgres",)


class Postgres:
    """One server. `database` makes an empty database on it and gives its URL.

    Args:
        programs: Folder that holds ``initdb`` and ``pg_ctl``.
    """

    def __init__(self, programs: Path) -> None:
        self.programs = programs
        # not in pytest's folder: another run of it would take the server's right to read that away
        self.folder = Path(tempfile.mkdtemp(prefix="sora-kit-pg-"))
        self.data = str(self.folder / "data")
        self.port = quiet_port()
        if root():
            shutil.chown(self.folder, "postgres")
        self.run("initdb", "-D", self.data, "-A", "trust", "-U", "studio", "--no-sync")
        self.start()

    def start(self) -> None:
        """Begin to answer."""
        options = f"-p {self.port} -h 127.0.0.1 -k {self.folder} -c fsync=off -c max_connections=200"
        self.run("pg_ctl", "-D", self.data, "-o", options, "-l", str(self.folder / "log"), "-w", "start")

    def stop(self) -> None:
        """End at once, as a crash would."""
        self.run("pg_ctl", "-D", self.data, "-m", "immediate", "-w", "stop")

    def remove(self) -> None:
        """Stop, and delete everything."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def database(self) -> str:
        """The URL of a new, empty database."""
        name = f"test_{secrets.token_hex(6)}"
        with psycopg.connect(f"{self.server}/postgres", autocommit=True) as connection:
            connection.execute(f"create database {name}")
        return f"{self.server}/{name}"

    @property
    def server(self) -> str:
        """The URL without a database."""
        return f"postgresql://studio@127.0.0.1:{self.port}"

    def run(self, program: str, *arguments: str) -> None:
        """Run one of the server's programs; it refuses to run as root."""
        command = [str(self.programs / program), *arguments]
        if root():
            command = ["runuser", "-u", "postgres", "--", *command]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=self.folder, timeout=60)


def quiet_port() -> int:
    """A free port that stays free while the server is down: the system gives out higher ones only."""
    while True:
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port := 20_000 + secrets.randbelow(12_000)))
            except OSError:
                continue
            return port


def root() -> bool:
    """Whether this is the superuser, as whom the server must not run."""
    return hasattr(os, "geteuid") and os.geteuid() == 0
