"""What the tests of CloudFormation need that run without LocalStack."""

import sys

from testbed.emulators.environments import ensure_environments

# Errors of the API are LocalStack's classes. Its environment comes last, so that all packages that
# both have are those of the tests' own environment.
_PYTHON = ensure_environments(print).localstack_python
_PACKAGES = sorted(_PYTHON.parent.parent.glob("lib/python3.*/site-packages"))
sys.path += [str(path) for path in _PACKAGES if str(path) not in sys.path]
