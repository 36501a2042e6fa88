"""What the template's tests share with the functions' tests."""

from tests.handlers.conftest import event

__all__ = ["event"]
