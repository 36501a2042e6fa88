"""A deployed stack."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from testbed.aws.addresses import api_url, api_urls, local_outputs
from testbed.aws.stacks import stack_resources
from testbed.errors import TestbedError

if TYPE_CHECKING:
    from testbed.aws.clients import Aws


@dataclass
class Stack:
    """A deployed CloudFormation stack.

    Parameters
    ----------
    name
        The stack's name.
    raw_outputs
        The values of the template's outputs by their names, as CloudFormation has them.
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
    raw_outputs: Mapping[str, str]
    aws: Aws = field(repr=False)

    @cached_property
    def outputs(self) -> Mapping[str, str]:
        """The values of the template's outputs, by their names.

        In an emulator, addresses of the stack's APIs, queues and buckets are those in the emulator.
        """
        return local_outputs(self.aws, self.name, self.raw_outputs)

    @cached_property
    def api_url(self) -> str | None:
        """The URL of the REST API with its stage, without a slash at the end; None without an API.

        In an emulator it is the API's URL there.

        Raises
        ------
        TestbedError
            If the stack has several APIs or stages, and its outputs do not name just one.
        """
        found = api_url(self.aws, self.name, self.raw_outputs)
        if found is None and self._of("AWS::ApiGateway::RestApi"):
            raise TestbedError(
                f"{self.name} has several APIs or stages, and its outputs do not name just one.",
                advice=f"Use stack.api_urls[LOGICAL_ID]: it has {', '.join(self.api_urls)}.",
            )
        return found

    @cached_property
    def api_urls(self) -> Mapping[str, str]:
        """The URLs of all REST APIs that have one stage, by their logical ids."""
        return api_urls(self.aws, self.name)

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
