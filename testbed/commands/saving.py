"""The state to which ``testbed reset`` returns, saved after each change of what is deployed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from testbed.terminal import console

if TYPE_CHECKING:
    from testbed.session import Session


def save_deployment(session: Session) -> None:
    """Save the state after a deployment, or forget it if nothing is deployed any more.

    That it cannot be saved is only a warning: the deployment has succeeded.
    """
    from testbed.control.endpoint import LacksFeatureError
    from testbed.control.reset import DEPLOYMENT, SavedStates
    from testbed.errors import TestbedError

    states = SavedStates(session.endpoint)
    try:
        if session.aws.cloudformation.describe_stacks()["Stacks"]:
            states.save(DEPLOYMENT)
        else:
            states.forget(DEPLOYMENT)
    except LacksFeatureError:
        return  # another emulator, which `testbed reset` refuses
    except TestbedError as error:
        warning = f" `testbed reset` cannot return to this state: {error.message}"
        console.progress.print(console.text(("!", "yellow"), warning))
