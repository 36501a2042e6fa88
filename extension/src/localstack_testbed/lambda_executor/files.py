"""Where the files of an execution environment are, and where its function finds them."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class EnvironmentFiles:
    """Folders on this machine: ``layers`` are the function's, merged; None without any."""

    code: Path
    layers: Path | None
    temporary: Path


@dataclass(frozen=True)
class FunctionPaths:
    """Folders as a function sees them.

    https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
    """

    task_root: Path
    layers: Path
    runtime: Path
    temporary: Path
    isolated: bool

    def module_path(self, runtime: str) -> tuple[str, ...]:
        """Return where modules are looked for before the runtime's: in the bundle, then layers.

        Parameters
        ----------
        runtime
            The runtime that runs, as ``python3.13``.

        https://docs.aws.amazon.com/lambda/latest/dg/packaging-layers.html
        """
        packages = self.layers / "python" / "lib" / runtime / "site-packages"
        return tuple(str(folder) for folder in (self.task_root, packages, self.layers / "python"))


def isolated_paths() -> FunctionPaths:
    """Return AWS's paths, which an isolated environment has."""
    return FunctionPaths(
        task_root=Path("/var/task"),
        layers=Path("/opt"),
        runtime=Path("/var/runtime"),
        temporary=Path("/tmp"),  # noqa: S108 - the environment's own
        isolated=True,
    )


def shared_paths(files: EnvironmentFiles, runtime: Path) -> FunctionPaths:
    """Return the places on the machine itself, for an environment that sees all of it."""
    return FunctionPaths(
        task_root=files.code,
        layers=files.layers or files.temporary.with_name("no-layers"),
        runtime=runtime,
        temporary=files.temporary,
        isolated=False,
    )
