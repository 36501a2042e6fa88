"""LocalStack starts a fifth sooner when Python's cyclic garbage collector waits until it is ready.

The collector finds nothing to free in the two thousand modules that LocalStack loads, but looks
through them again and again. ``python -m localstack_testbed`` starts LocalStack with it paused;
from the moment LocalStack is ready it works again, and leaves those modules out
(https://docs.python.org/3/library/gc.html#gc.freeze).
"""

import gc


def pause() -> None:
    """Collect nothing until LocalStack is ready."""
    gc.disable()


def resume() -> None:
    """Collect what is made from now on, if collection was paused."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()
