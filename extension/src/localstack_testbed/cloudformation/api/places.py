"""Accounts and regions, and the stacks in them."""

import uuid
from collections.abc import Iterator
from typing import Any, NamedTuple

from localstack_testbed.cloudformation import store
from localstack_testbed.cloudformation.clients import client
from localstack_testbed.cloudformation.errors import ValidationError
from localstack_testbed.cloudformation.model import Stack


class Place(NamedTuple):
    """The account and region of a request."""

    account: str
    region: str

    def client(self, service: str) -> Any:
        """Return an AWS SDK client."""
        return client(service, self.account, self.region)

    def stacks(self) -> list[Stack]:
        """Return all stacks, also deleted ones, the newest first."""
        return list(store.stacks(self.account, self.region).values())[::-1]

    def active_stacks(self) -> Iterator[Stack]:
        """Yield the stacks that are not deleted, the newest first."""
        return (stack for stack in self.stacks() if stack.deleted is None)

    def find(self, name_or_id: str) -> Stack | None:
        """Return a stack by its name or id; deleted ones have only their id."""
        if name_or_id.startswith("arn:"):
            return store.stacks(self.account, self.region).get(name_or_id)
        return next((stack for stack in self.active_stacks() if stack.name == name_or_id), None)

    def stack(self, name_or_id: str, missing: str = "Stack with id {} does not exist") -> Stack:
        """Return a stack by its name or id.

        Parameters
        ----------
        missing
            The error message, which differs between operations.

        Raises
        ------
        ValidationError
            If there is no such stack.
        """
        found = self.find(name_or_id)
        if found is None:
            raise ValidationError(missing.format(name_or_id))
        return found

    def new_stack(self, name: str) -> Stack:
        """Return a stack that is not stored yet."""
        arn = f"arn:aws:cloudformation:{self.region}:{self.account}:stack/{name}/{uuid.uuid4()}"
        return Stack(name=name, id=arn, account=self.account, region=self.region)

    def add(self, stack: Stack) -> None:
        """Store a new stack."""
        store.stacks(self.account, self.region)[stack.id] = stack
