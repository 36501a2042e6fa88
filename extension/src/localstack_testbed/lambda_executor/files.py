"""The folders of an execution environment, on this machine and as its function sees them."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class EnvironmentFiles:
    """Folders on this machine; ``layers`` is the folder of merged layers, or None."""

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
        """Return the module search path before the runtime's own: the bundle, then the layers.

        Parameters
        ----------
        runtime
            The function's runtime, such as ``python3.13``. If another one executes it, this is
            nevertheless where AWS has the packages in a layer.

        https://docs.aws.amazon.com/lambda/latest/dg/packaging-layers.html
        """
        packages = self.layers / "python" / "lib" / runtime / "site-packages"
        return tuple(str(folder) for folder in (self.task_root, packages, self.layers / "python"))


def isolated_paths() -> FunctionPaths:
    """Return AWS's paths, which isolated environments have."""
    return FunctionPaths(
        task_root=Path("/var/task"),
        layers=Path("/opt"),
        runtime=Path("/var/runtime"),
        temporary=Path("/tmp"),  # noqa: S108 - inside the environment
        isolated=True,
    )


def shared_paths(files: EnvironmentFiles, runtime: Path) -> FunctionPaths:
    """Return paths on this machine, for environments that share its file system."""
    return FunctionPaths(
        task_root=files.code,
        layers=files.layers or files.temporary.with_name("no-layers"),
        runtime=runtime,
        temporary=files.temporary,
        isolated=False,
    )
