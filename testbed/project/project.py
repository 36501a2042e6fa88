"""A SAM or CloudFormation project on disk: one stack, its template, parameters and uploads."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

from testbed.errors import ProjectError
from testbed.project.assets import Assets
from testbed.project.uploads import Upload

DEFAULT_REGION = "us-east-1"
"""The region of deployments to the testbed if nothing names another one."""

ALL_CAPABILITIES = ("CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND")
"""What a deployment may do if no configuration file lists it.

https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateChangeSet.html
"""


@dataclass(frozen=True)
class Project:
    """A SAM project on disk.

    Parameters
    ----------
    parameters
        Values of the template's parameters; the others keep the template's defaults.
    tags
        The stack's tags, which identify it as this project's.
    profile
        The profile of the AWS CLI's configuration for deployments to an account.
    notification_arns
        The topics to which CloudFormation publishes the stack's events.
    disable_rollback
        Whether resources that were created stay if another one fails.
    kept_parameters
        Parameters whose values the stack has already: without another value, they keep them.
    assets
        What a stack of a CDK app expects in its account; None for other projects.
    declared
        The parameters of the template of such a stack.
    before
        Further stacks of the CDK app, in the order in which they are deployed before this one.
    """

    root: Path
    template: Path
    stack_name: str
    region: str = DEFAULT_REGION
    capabilities: tuple[str, ...] = ALL_CAPABILITIES
    parameters: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    uploads: tuple[Upload, ...] = ()
    profile: str | None = None
    notification_arns: tuple[str, ...] = ()
    disable_rollback: bool = False
    kept_parameters: frozenset[str] = frozenset()
    assets: Assets | None = None
    declared: frozenset[str] = frozenset()
    before: tuple[Project, ...] = ()

    @property
    def stacks(self) -> tuple[Project, ...]:
        """All stacks of the project, in the order in which they are deployed."""
        return (*self.before, self)

    def with_parameters(self, parameters: dict[str, str]) -> Project:
        """Return a copy of the project with some parameters changed.

        With several stacks, each gets those that its template has, as by ``cdk deploy``.
        """
        before = []
        taken: set[str] = set()
        for each in self.before:
            own = {name: parameters[name] for name in each.declared & parameters.keys()}
            taken |= own.keys() - self.declared
            before.append(each.with_parameters(own))
        # One that no template has is reported with the last stack's.
        rest = {name: value for name, value in parameters.items() if name not in taken}
        return replace(self, before=tuple(before), parameters={**self.parameters, **rest})

    def with_files(self, files: dict[str, Path]) -> Project:
        """Return a copy of the project that uploads other files instead of those named.

        Raises
        ------
        ProjectError
            If the project uploads no file of that name.
        """
        known = {upload.name for upload in self.uploads}
        for name in files.keys() - known:
            raise ProjectError(
                f"The project uploads no file named {name}.",
                advice=f"It uploads: {', '.join(sorted(known)) or 'none'}.",
            )
        return replace(
            self,
            uploads=tuple(
                replace(upload, file=files.get(upload.name, upload.file)) for upload in self.uploads
            ),
        )

    def with_websites(self, websites: dict[str, str]) -> Project:
        """Return a copy of the project that adds websites to the files that list some.

        Parameters
        ----------
        websites
            Their URLs, by their names.
        """
        added = tuple(websites.items())
        return replace(
            self,
            uploads=tuple(
                replace(upload, added=added) if upload.websites else upload
                for upload in self.uploads
            ),
        )
