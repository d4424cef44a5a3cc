"""What a slot costs, by the number of accounts: leases given and taken back per second.

    python benchmarks/leases.py [--seconds 2]

Each size has a workspace of its own, filled with accounts, a tenth of which are busy, cooling or
switched off. What is measured is the processor time of this process, and the sizes take turns in short
rounds, so that a busy machine distorts it little; what counts is the last column, the ratio to the
smallest. The goal is within 25 %.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path

import sqlalchemy as sa

from sora_kit.accounts import MODES, Accounts
from sora_kit.backends.base import QuotaExhausted
from sora_kit.backends.hosted import Need
from sora_kit.store import Workspace
from sora_kit.store.tables import account

SIZES = (10, 1_000, 10_000)
ROUND = 0.1
"""Seconds that one size runs before it is the next one's turn."""

NEED = Need("sora_web", "video")


def filled(folder: Path, size: int) -> Accounts:
    """A pool with so many accounts, each as large as one with real tokens."""
    pool = Accounts(Workspace(folder).database)
    rows = [
        {"id": f"acc_{n:026d}", "backend": "sora_web", "label": f"user{n}@example.com", "secrets": "1" * 4000}
        for n in range(size)
    ]
    with pool.database.write() as connection:
        connection.execute(sa.insert(account), rows)
    for row in rows[::10]:
        pool.failed(row["id"], QuotaExhausted("used up", resets_at=time.time() + 86_400))
    for n in range(size // 10):
        pool.lease(f"busy/{n}", NEED)
        pool.linger(f"busy/{n}", 86_400)
    return pool


def pairs(pool: Accounts, seconds: float) -> float:
    """Leases and releases per second of processor time."""
    count, began = 0, time.process_time()
    while (took := time.process_time() - began) < seconds:
        assert pool.lease("step", NEED) is not None
        pool.release("step")
        count += 1
    return count / took


def main() -> None:
    """Run all of it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=2, help="how long to measure each size and mode")
    rounds = max(3, round(parser.parse_args().seconds / ROUND))
    with tempfile.TemporaryDirectory() as place:
        pools = {size: filled(Path(place) / str(size), size) for size in SIZES}
        print(f"{'mode':<14}{'accounts':>9}{'pairs/s':>10}{'to the smallest':>18}")
        for mode in MODES:
            speeds: dict[int, list[float]] = {size: [] for size in SIZES}
            for pool in pools.values():
                pool.set_mode(mode)
            for _ in range(rounds):
                for size, pool in pools.items():
                    speeds[size].append(pairs(pool, ROUND))
            middle = {size: statistics.median(found) for size, found in speeds.items()}
            for size, speed in middle.items():
                print(f"{mode:<14}{size:>9,}{speed:>10,.0f}{speed / middle[SIZES[0]]:>18.2f}")
        for size, pool in pools.items():
            began = time.perf_counter()
            for _ in range(200):
                pool.wake()
            each = (time.perf_counter() - began) / 200
            began = time.perf_counter()
            for _ in range(5):
                pool.verdict(NEED)
            why = (time.perf_counter() - began) / 5
            print(f"{size:>7,} accounts: wake {each * 1e6:,.0f} µs, verdict {why * 1e3:,.1f} ms")
        for pool in pools.values():
            pool.database.close()


if __name__ == "__main__":
    main()
