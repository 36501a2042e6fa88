"""Runs that overtake each other in every way they can, one step at a time."""

import threading
from collections.abc import Callable, Iterator, Sequence
from queue import SimpleQueue

STEP_LIMIT = 10.0
"""Seconds that one step may take before a test fails rather than hangs."""


class Turns:
    """Lets one of several threads continue, from gate to gate, in the order of a schedule."""

    def __init__(self) -> None:
        self._go: dict[int, SimpleQueue[None]] = {}
        self._arrived: SimpleQueue[None] = SimpleQueue()

    def gate(self, moment: str) -> None:
        """Wait here for the next turn.

        Gates before an answer do not wait: no other run can notice whether it has arrived.
        """
        own = self._go.get(threading.get_ident())
        if own is not None and not moment.endswith("done"):
            self._arrived.put(None)
            own.get(timeout=STEP_LIMIT)

    def play(self, runs: Sequence[Callable[[], object]], schedule: Sequence[int]) -> list[int]:
        """Run all; returns which run had each turn: as scheduled, then the first that is left.

        Before its first gate, a run must not touch what others do.
        """
        queues: dict[int, SimpleQueue[None]] = {}
        finished: set[int] = set()
        errors: list[BaseException] = []

        def body(index: int, run: Callable[[], object]) -> None:
            self._go[threading.get_ident()] = queues[index]
            try:
                run()
            except BaseException as error:
                errors.append(error)
            finally:
                finished.add(index)
                del self._go[threading.get_ident()]
                self._arrived.put(None)

        for index, run in enumerate(runs):
            queues[index] = SimpleQueue()
            threading.Thread(target=body, args=(index, run), daemon=True).start()
            self._arrived.get(timeout=STEP_LIMIT)
        taken: list[int] = []
        while left := [index for index in queues if index not in finished]:
            wanted = schedule[len(taken)] if len(taken) < len(schedule) else left[0]
            turn = wanted if wanted in left else left[0]
            taken.append(turn)
            queues[turn].put(None)
            self._arrived.get(timeout=STEP_LIMIT)
        for error in errors:
            raise error
        return taken


def every_schedule(play: Callable[[Sequence[int]], list[int]], runs: int) -> Iterator[list[int]]:
    """Play all schedules there are; yields each as it was played, for the test to judge.

    From each schedule played, those that part from it at a later turn are tried, too.
    """
    done: set[tuple[int, ...]] = set()
    waiting: list[list[int]] = [[]]
    while waiting:
        prefix = waiting.pop()
        taken = play(prefix)
        if tuple(taken) in done:
            continue
        done.add(tuple(taken))
        yield taken
        for turn in range(len(prefix), len(taken)):
            waiting += [[*taken[:turn], run] for run in range(runs) if run != taken[turn]]
