"""Python's cyclic garbage collector, paused until LocalStack is ready.

The collector finds nothing to free in the two thousand modules that LocalStack loads, but scans
them again and again. ``python -m localstack_testbed`` starts LocalStack with the collector paused.
When LocalStack is ready the collector resumes, and ignores those modules from then on
(https://docs.python.org/3/library/gc.html#gc.freeze).
"""

import gc


def pause() -> None:
    """Stop the collector until ``resume`` is called."""
    gc.disable()


def resume() -> None:
    """Start the collector, if it is paused, for objects that are made from now on."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()
