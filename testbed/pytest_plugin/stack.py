"""A deployed stack."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from testbed.aws.stacks import stack_resources
from testbed.session import api_url

if TYPE_CHECKING:
    from testbed.aws.clients import Aws


@dataclass
class Stack:
    """A deployed CloudFormation stack.

    Parameters
    ----------
    name
        The stack's name.
    outputs
        The values of the template's outputs, by their names.
    aws
        Clients for the place where it is deployed.

    Examples
    --------
    ::

        from testbed import Aws, Stack


        def test_order_is_kept(stack: Stack, aws: Aws) -> None:
            queue = stack.resource("Orders")
            aws.sqs.send_message(QueueUrl=queue, MessageBody="tea")
            assert queue in stack.queues
            assert queue == stack.outputs["OrdersUrl"]
    """

    name: str
    outputs: Mapping[str, str]
    aws: Aws = field(repr=False)

    @property
    def api_url(self) -> str | None:
        """The URL of the REST API that an output names, without a slash at the end.

        None if no output has the URL of a REST API. On an emulator it is the API's URL there.
        """
        return api_url(dict(self.outputs), self.aws.endpoint_url)

    def resource(self, logical_id: str) -> str:
        """Return a resource's physical ID, such as a function's name or a queue's URL.

        Raises
        ------
        KeyError
            If the stack has no resource with this logical ID.
        """
        try:
            return self._resources[logical_id]
        except KeyError:
            known = ", ".join(sorted(self._resources))
            raise KeyError(f"{self.name} has no resource {logical_id}, only {known}") from None

    @property
    def functions(self) -> list[str]:
        """The names of the stack's Lambda functions."""
        return self._of("AWS::Lambda::Function")

    @property
    def queues(self) -> list[str]:
        """The URLs of the stack's SQS queues."""
        return self._of("AWS::SQS::Queue")

    @property
    def buckets(self) -> list[str]:
        """The names of the stack's S3 buckets."""
        return self._of("AWS::S3::Bucket")

    @cached_property
    def _resources(self) -> dict[str, str]:
        return stack_resources(self.aws, self.name)

    def _of(self, kind: str) -> list[str]:
        return sorted(stack_resources(self.aws, self.name, kind).values())
