"""Random pairs of templates over all resource types.

An update from the first to the second has to end like a fresh deployment of the second, and an
update that fails has to end like no update.

``RANDOM_TEMPLATES`` says how many pairs, ``RANDOM_TEMPLATES_SEED`` with which number to begin.
"""

import json
import os
import random
from typing import Any

import pytest

from tests.extension.conftest import Clients
from tests.extension.live.cloudformation.deploying import Deployed, deployed
from tests.extension.live.cloudformation.templates import failing, parameter
from tests.extension.live.cloudformation.test_resource_types import properties, values
from tests.extension.live.cloudformation.types import EXAMPLES
from tests.extension.live.cloudformation.types.model import Example, Seen

PAIRS = int(os.environ.get("RANDOM_TEMPLATES", "3"))
SEED = int(os.environ.get("RANDOM_TEMPLATES_SEED", "0"))


class Subject:
    """A resource of both templates, or of one of them, with a random change."""

    def __init__(self, dice: random.Random, example: Example, number: int) -> None:
        self._example = example
        self._prefix = f"R{number}"
        self._name = dice.choice(sorted(example.changes))
        change = values(example.changes[self._name])
        self._values = change if dice.random() < 0.7 else (change[0], change[0])
        self._present = dice.choice([(True, True), (True, True), (True, False), (False, True)])
        self.logical_id = f"{self._prefix}Subject"

    def resources(self, second: bool) -> dict[str, Any]:
        """Return the subject and what it needs, by logical id."""
        if not self._present[second]:
            return {}
        value = self._values[second]
        subject = {
            "Type": self._example.type,
            "Properties": properties(self._example, self._name, value),
        }
        text = json.dumps({**self._example.others, "Subject": subject})
        names = {*self._example.others, "Subject"}
        renamed: dict[str, Any] = self._renamed(json.loads(text), names)
        return {f"{self._prefix}{name}": each for name, each in renamed.items()}

    def _renamed(self, value: Any, names: set[str]) -> Any:
        """Return a value with the prefix in what refers to these names."""
        match value:
            case {"Ref": str(name)} if name in names:
                return {"Ref": f"{self._prefix}{name}"}
            case {"Fn::GetAtt": [str(name), *attribute]} if name in names:
                return {"Fn::GetAtt": [f"{self._prefix}{name}", *attribute]}
            case {"Fn::Sub": str(text)}:
                for name in names:
                    text = text.replace(f"${{{name}", f"${{{self._prefix}{name}")
                return {"Fn::Sub": text}
            case dict():
                return {
                    key: self._dependencies(each)
                    if key == "DependsOn"
                    else self._renamed(each, names)
                    for key, each in value.items()
                }
            case list():
                return [self._renamed(each, names) for each in value]
        return value

    def _dependencies(self, names: str | list[str]) -> list[str]:
        return [f"{self._prefix}{name}" for name in ([names] if isinstance(names, str) else names)]

    def observe(self, stack: Deployed, aws: Clients) -> Any:
        """Return what the service says about the subject, or None if it is not there."""
        ids = stack.physical_ids()
        if self.logical_id not in ids:
            return None
        others = {name: ids[f"{self._prefix}{name}"] for name in self._example.others}
        seen = Seen(aws.__getitem__, ids[self.logical_id], self._example.properties, others)
        return self._example.observe(seen)


class Pair:
    """Two templates, and how to look at what they deploy."""

    def __init__(self, seed: int) -> None:
        dice = random.Random(seed)  # noqa: S311 - reproducible
        examples = dice.sample(EXAMPLES, dice.randint(2, 6))
        self._subjects = [Subject(dice, example, number) for number, example in enumerate(examples)]
        self._joined = dice.random() < 0.5

    def template(self, *, second: bool, fails: bool = False) -> dict[str, Any]:
        resources = {"Always": parameter("always")}
        for subject in self._subjects:
            resources |= subject.resources(second)
        present = [each.logical_id for each in self._subjects if each.logical_id in resources]
        if self._joined:
            parts = [{"Ref": name} for name in present]
            resources["Joined"] = parameter({"Fn::Join": ["|", ["ids", *parts]]})
        if fails:
            resources["Failing"] = failing(*resources)
        return {"Resources": resources}

    def observe(self, stack: Deployed, aws: Clients) -> Any:
        seen = {each.logical_id: each.observe(stack, aws) for each in self._subjects}
        return stack.normalized(seen)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", range(SEED, SEED + PAIRS))
def test_a_pair_of_templates(seed: int, aws: Clients) -> None:
    pair = Pair(seed)
    with deployed(aws, pair.template(second=False)) as stack:
        before, ids = pair.observe(stack, aws), stack.physical_ids()
        status = stack.update(pair.template(second=True, fails=True))
        assert status == "UPDATE_ROLLBACK_COMPLETE", stack.report()
        assert stack.first_failure() == "Failing", stack.report()
        assert pair.observe(stack, aws) == before
        assert stack.physical_ids() == ids
        if pair.template(second=True) == pair.template(second=False):
            return
        status = stack.update(pair.template(second=True))
        assert status == "UPDATE_COMPLETE", stack.report()
        updated = pair.observe(stack, aws)
    with deployed(aws, pair.template(second=True)) as fresh:
        assert pair.observe(fresh, aws) == updated
