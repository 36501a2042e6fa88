"""Random pairs of templates over all resource types.

An update from the first to the second has to end like a fresh deployment of the second, and an
update that fails has to end like no update.

``RANDOM_TEMPLATES`` says how many pairs, ``RANDOM_TEMPLATES_SEED`` with which number to begin.
"""

import itertools
import json
import os
import random
from typing import Any

import pytest
from localstack_testbed.cloudformation.resources.registry import resource_type

from tests.extension.conftest import Clients
from tests.extension.live.cloudformation.deploying import Deployed, deployed
from tests.extension.live.cloudformation.templates import failing, parameter
from tests.extension.live.cloudformation.test_resource_types import (
    is_deleted_first,
    properties,
    values,
)
from tests.extension.live.cloudformation.types import EXAMPLES
from tests.extension.live.cloudformation.types.model import Example, Seen

PAIRS = int(os.environ.get("RANDOM_TEMPLATES", "2"))
SEED = int(os.environ.get("RANDOM_TEMPLATES_SEED", "0"))

TRANSFORMS = ("AWS::LanguageExtensions", "AWS::Serverless-2016-10-31")
"""Transforms that leave templates without their own resources and functions as they are."""

NEVER = {"Never": {"Fn::Equals": ["never", {"Ref": "AWS::StackName"}]}}


class Subject:
    """A resource of both templates, or of one of them, with a random change."""

    def __init__(self, dice: random.Random, example: Example, number: int) -> None:
        self._example = example
        self._prefix = f"R{number}"
        self._name = dice.choice(sorted(example.changes))
        change = values(example.changes[self._name])
        self._values = change if dice.random() < 0.7 else (change[0], change[0])
        self._present = dice.choice([(True, True), (True, True), (True, False), (False, True)])
        self._conditional = dice.random() < 0.3
        self.logical_id = f"{self._prefix}Subject"
        self.is_deleted_first = is_deleted_first(example.type)

    def names(self) -> set[str]:
        """Return the names that the templates give to resources."""
        declared = [
            each for second in (False, True) for each in self._declarations(second).values()
        ]
        return {name for each in declared if isinstance(name := _name(each), str)}

    def is_present(self, second: bool) -> bool:
        return self._present[second]

    def resources(self, second: bool) -> dict[str, Any]:
        """Return the subject and what it needs, by logical id."""
        if self._present[second]:
            return self._declarations(second)
        if self._conditional:
            absent = self._declarations(second)
            return {name: {**each, "Condition": "Never"} for name, each in absent.items()}
        return {}

    def _declarations(self, second: bool) -> dict[str, Any]:
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


def _name(declaration: dict[str, Any]) -> Any:
    """Return the name that a template gives to a resource, or None."""
    kind = resource_type(declaration["Type"])
    named_by = kind.name_property if kind else None
    return declaration.get("Properties", {}).get(named_by) if named_by else None


class Pair:
    """Two templates, and how to look at what they deploy."""

    def __init__(self, seed: int) -> None:
        dice = random.Random(seed)  # noqa: S311 - reproducible
        self._subjects: list[Subject] = []
        names: set[str] = set()
        for number, example in enumerate(dice.sample(EXAMPLES, dice.randint(2, 6))):
            subject = Subject(dice, example, number)
            # Examples share some names.
            if names.isdisjoint(subject.names()):
                self._subjects.append(subject)
                names |= subject.names()
        self._joined = dice.random() < 0.5
        self._ordered = (dice.random() < 0.3, dice.random() < 0.3)
        self._transforms = [dice.sample(TRANSFORMS, dice.choice((0, 0, 1, 2))) for _ in range(2)]

    def template(self, *, second: bool, fails: bool = False) -> dict[str, Any]:
        resources = {"Always": parameter("always")}
        for subject in self._subjects:
            resources |= subject.resources(second)
        present = [each.logical_id for each in self._subjects if each.is_present(second)]
        if self._ordered[second]:
            for former, name in itertools.pairwise(present):
                resources[name] = {**resources[name], "DependsOn": [former]}
        if self._joined:
            parts = [{"Ref": name} for name in present]
            resources["Joined"] = parameter({"Fn::Join": ["|", ["ids", *parts]]})
        if fails:
            made = [name for name, each in resources.items() if "Condition" not in each]
            resources["Failing"] = failing(*made)
        transforms = self._transforms[second]
        return {
            **({"Transform": transforms} if transforms else {}),
            "Conditions": NEVER,
            "Resources": resources,
        }

    def differs(self) -> bool:
        """Return whether an update changes anything; an order of resources alone does not."""
        first, second = (
            {
                name: (each["Type"], each.get("Properties"))
                for name, each in self.template(second=second)["Resources"].items()
                if "Condition" not in each
            }
            for second in (False, True)
        )
        return first != second

    def created_anew(self) -> set[str]:
        """Return what a rollback may have to create again."""
        return {each.logical_id for each in self._subjects if each.is_deleted_first}

    def observe(self, stack: Deployed, aws: Clients) -> Any:
        seen = {each.logical_id: each.observe(stack, aws) for each in self._subjects}
        return stack.normalized(seen, stack.physical_ids())


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
        anew = pair.created_anew()
        after = stack.physical_ids()
        assert {name: after[name] for name in after if name not in anew} == {
            name: ids[name] for name in ids if name not in anew
        }
        if not pair.differs():
            return
        status = stack.update(pair.template(second=True))
        assert status == "UPDATE_COMPLETE", stack.report()
        updated = pair.observe(stack, aws)
    with deployed(aws, pair.template(second=True)) as fresh:
        assert pair.observe(fresh, aws) == updated
