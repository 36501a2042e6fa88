"""What the engine needs of a resource type: how to create, update, read and delete a resource.

A resource type calls AWS's APIs, as CloudFormation does, and knows nothing of templates: the engine
gives it properties whose intrinsic functions are resolved and whose values have the types of AWS's
resource schema.
"""

import secrets
import string
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

from botocore.exceptions import ClientError  # type: ignore[import-untyped]

from localstack_testbed.cloudformation.clients import client

type Properties = dict[str, Any]

_RANDOM = string.ascii_letters + string.digits


class ResourceError(Exception):
    """A resource could not be created, updated or deleted; the message is the status reason."""


class CancelledError(ResourceError):
    """Waiting for a resource was cancelled, because another one failed."""


class AlreadyExistsError(ResourceError):
    """A resource with this name exists already, outside this stack."""

    def __init__(self, type_name: str, identifier: str) -> None:
        # The message of resource handlers on AWS (HandlerErrorCode: AlreadyExists).
        super().__init__(
            f"Resource of type '{type_name}' with identifier '{identifier}' already exists."
        )


@dataclass(frozen=True)
class Context:
    """What a resource type may know of the stack, and the clients with which it calls AWS.

    ``created`` is to be called with the physical id as soon as the resource exists, if creating it
    takes several calls: if one of the others fails, the engine deletes the resource. ``cancelled``
    returns whether another resource has failed meanwhile, so that waiting should end. ``hide`` is
    to be called with texts that stack events and change sets must not show.
    """

    stack_name: str
    stack_id: str
    account: str
    region: str
    logical_id: str
    type_name: str
    token: str
    created: Callable[[str], None] = field(default=lambda physical_id: None)
    cancelled: Callable[[], bool] = field(default=lambda: False)
    hide: Callable[[str], None] = field(default=lambda text: None)

    def client(self, service: str) -> Any:
        """Return an AWS SDK client of the stack's account and region."""
        return client(service, self.account, self.region)

    def generated_name(self, longest: int, *, lower: bool = False, separator: str = "-") -> str:
        """Return a physical name of at most that many characters.

        https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-name.html

        Examples
        --------
        ``shop-Orders-1QX2Y3Z4A5B6`` for the resource Orders of the stack shop.
        """
        suffix = "".join(secrets.choice(_RANDOM) for _ in range(12))
        rest = longest - len(suffix) - 2 * len(separator)
        # The logical id is shortened before the stack's name, and keeps half of the characters.
        logical_id = self.logical_id[: max(rest // 2, rest - len(self.stack_name))]
        stack_name = self.stack_name[: rest - len(logical_id)].rstrip("-")
        name = separator.join((stack_name, logical_id, suffix))
        return name.lower() if lower else name

    def wait_until(
        self, condition: Callable[[], bool], what: str, seconds: float = 60, pause: float = 0.02
    ) -> None:
        """Wait for a condition of the resource.

        Raises
        ------
        ResourceError
            If it is not true after that many seconds; ``what`` names it in the message.
        """
        end = time.monotonic() + seconds
        while not condition():
            if self.cancelled():
                raise CancelledError
            if time.monotonic() > end:
                raise ResourceError(
                    f"Timed out after {seconds:.0f} seconds while waiting for {what}"
                )
            time.sleep(pause)


class ResourceType(ABC):
    """One resource type, such as AWS::SQS::Queue."""

    name_property: ClassVar[str | None] = None
    """The property with which a template names the resource, if it has one.

    A named resource cannot be replaced while its name stays the same.
    """

    @abstractmethod
    def create(self, context: Context, properties: Properties) -> str:
        """Create the resource, wait until it can be used, and return its physical id.

        Raises
        ------
        AlreadyExistsError
            If there is one with this name: CloudFormation never takes over a resource, even if
            the service's API would.
        ClientError, ResourceError
            If it cannot be created.
        """

    def update(
        self, context: Context, physical_id: str, old: Properties, new: Properties
    ) -> str | None:
        """Change the resource from the old properties to the new ones.

        It has to work, too, if an earlier update was left half done: the engine rolls back by
        calling it with the properties exchanged. A property that is no longer there returns to its
        default.

        Returns
        -------
        str | None
            Another physical id if the resource was replaced by a new one; the engine then deletes
            the old one when the stack's update has succeeded. Custom resources do so.
        """
        raise ResourceError("Update is not supported for this resource type")

    def roll_back(
        self, context: Context, physical_id: str, attempted: Properties, properties: Properties
    ) -> str | None:
        """Return the resource to what it was before an update of the stack that failed.

        Returns
        -------
        str | None
            Another physical id, as ``update`` does.
        """
        return self.update(context, physical_id, attempted, properties)

    def complete(self, context: Context, physical_id: str) -> None:  # noqa: B027 -- few types need it
        """Do what an update has left for when the update of the stack has succeeded."""

    @abstractmethod
    def delete(self, context: Context, physical_id: str, properties: Properties) -> None:
        """Delete the resource and wait until it is gone.

        That it is gone already may be raised as ClientError; the engine ignores it.
        """

    def attributes(
        self, context: Context, physical_id: str, properties: Properties
    ) -> dict[str, Any]:
        """Return what ``Fn::GetAtt`` returns; a nested attribute has a dotted name."""
        return {}

    def unsupported(self, properties: Properties) -> str | None:
        """Return a sentence about a property that this testbed does not carry out, if there is one.

        Called before anything is touched, when values that are not known yet are UNKNOWN; and again
        before the resource is created or updated.
        """
        return None

    def ref(self, physical_id: str, properties: Properties) -> str:
        """Return what ``Ref`` returns."""
        return physical_id

    def needs_replacement(self, old: Properties, new: Properties) -> bool:
        """Return whether this change requires a new resource although the schema allows an update.

        For what the schema calls ``conditionalCreateOnlyProperties``, and for rules that are only
        in the documentation; cite the page.
        """
        return False


_MISSING = ("NotFound", "NoSuch", "NonExistent", "DoesNotExist", "ResourceNotFoundException")


def is_missing(error: ClientError) -> bool:
    """Return whether a service answered that the resource does not exist."""
    code = str(error.response.get("Error", {}).get("Code", ""))
    return code == "404" or any(part in code for part in _MISSING)
