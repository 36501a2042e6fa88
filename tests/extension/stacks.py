"""CloudFormation stacks that a test creates, updates and deletes."""

from typing import Any, Literal

Operation = Literal["create", "update", "delete"]


def parameters(**values: str) -> list[dict[str, str]]:
    """Return a template's parameters as requests contain them."""
    return [{"ParameterKey": name, "ParameterValue": value} for name, value in values.items()]


class Stack:
    """A stack with one template, which has the stack's name as its parameter ``Name``."""

    def __init__(self, cloudformation: Any, name: str, template: str) -> None:
        self.client = cloudformation
        self.name = name
        self._template = template

    def request(self, **changes: Any) -> dict[str, Any]:
        """Return a request to create or update the stack, with some arguments changed."""
        return {
            "StackName": self.name,
            "TemplateBody": self._template,
            "Parameters": parameters(Name=self.name),
            **changes,
        }

    def create(self, **values: str) -> None:
        """Create the stack with further parameters, and wait for it."""
        self.client.create_stack(**self.request(Parameters=parameters(Name=self.name, **values)))
        await_stack(self.client, self.name, "create")

    def update(self, **values: str) -> None:
        """Update the stack with further parameters, and wait for it."""
        self.client.update_stack(**self.request(Parameters=parameters(Name=self.name, **values)))
        await_stack(self.client, self.name, "update")

    def delete(self) -> None:
        """Delete the stack, and wait for it."""
        self.client.delete_stack(StackName=self.name)
        await_stack(self.client, self.name, "delete")

    def outputs(self) -> dict[str, str]:
        [stack] = self.client.describe_stacks(StackName=self.name)["Stacks"]
        return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}

    def resources(self) -> set[str]:
        """Return the logical ids of the stack's resources."""
        found = self.client.list_stack_resources(StackName=self.name)
        return {each["LogicalResourceId"] for each in found["StackResourceSummaries"]}


def await_stack(cloudformation: Any, name: str, operation: Operation) -> None:
    """Wait until an operation on a stack is complete."""
    waiter = cloudformation.get_waiter(f"stack_{operation}_complete")
    waiter.wait(StackName=name, WaiterConfig={"Delay": 0.1, "MaxAttempts": 200})
