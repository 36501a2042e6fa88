"""Mementos of the services' state: what the objects of a store contained at one moment.

A memento walks the objects that can be reached from a store, and keeps a shallow copy of each
object's content. Restoring puts the contents back into the same objects. So what else refers to an
object, such as a poller to its queue, still refers to the right one afterwards. Objects that were
deleted come back, and those that are new cannot be reached any more.

It copies nothing deep and makes no call, so that thousands of objects take milliseconds. Threads,
locks, processes and files are not looked into: these objects stay as they are.
"""

import threading
from collections import OrderedDict, deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Executor
from enum import Enum
from operator import is_
from typing import Any

# Only objects of these packages are state. Those of others, such as the SDK's clients, are not.
_PACKAGES = ("localstack.", "localstack_testbed.", "moto.", "types", "queue", "collections")
_LEAVES = (
    str, bytes, int, float, complex, type(None), Enum, type, BaseException,
    threading.Thread, Executor,
)  # fmt: skip
# They never change, and there are thousands of them.
_MODEL = "localstack_testbed.cloudformation.model"
_CONSTANT = (
    f"{_MODEL}.Deployment",
    f"{_MODEL}.Event",
    "localstack.services.lambda_.invocation.lambda_models.FunctionVersion",
    "localstack.services.s3.storage.ephemeral.LockedSpooledTemporaryFile",
    "moto.iam.models.AWSManagedPolicy",
)


class Memento:
    """The contents of all objects that can be reached from some roots.

    Parameters
    ----------
    roots
        Dictionaries, lists and objects, by a name.
    """

    def __init__(self, roots: Mapping[str, Any]) -> None:
        self.roots = dict(roots)
        self._saved: list[_Saved] = []
        self._paths: dict[int, tuple[int, Any]] = {}
        for name, root in roots.items():
            self._walk(name, root)

    def __len__(self) -> int:
        """Return the number of objects."""
        return len(self._saved)

    def restore(self) -> list[tuple[Any, ...]]:
        """Put the contents back.

        Returns
        -------
        list of tuple
            The paths of the objects that had changed: the name of the root, then keys.
        """
        changed = [saved for saved in self._saved if saved.has_changed()]
        for saved in changed:
            saved.restore()
        return [self._path(saved) for saved in changed]

    def _walk(self, name: str, root: Any) -> None:
        waiting: list[tuple[Any, int, Any]] = [(root, 0, name)]
        while waiting:
            found, parent, key = waiting.pop()
            if id(found) in self._paths or isinstance(found, _LEAVES):
                continue
            made = list(_saved(found))
            if made:
                self._paths[id(found)] = parent, key
            for saved in made:
                if saved.subject is not found:
                    self._paths[id(saved.subject)] = parent, key
                self._saved.append(saved)
            of = id(found)
            waiting += [(each, of, key) for saved in made for key, each in saved.items()]
            if isinstance(found, tuple | frozenset) and found:
                self._paths[of] = parent, key
                # Keeps it, so that its id is not used again.
                self._saved.append(_Constant(found))
                waiting += [(each, of, number) for number, each in enumerate(found)]

    def _path(self, saved: "_Saved") -> tuple[Any, ...]:
        path: list[Any] = []
        at = id(saved.subject)
        while at:
            at, key = self._paths[at]
            path.append(key)
        return tuple(reversed(path))


class _Saved:
    """The content of one object.

    ``subject`` is the object that changes, for example an object's dictionary of attributes.
    """

    def __init__(self, subject: Any) -> None:
        self.subject = subject

    def items(self) -> Iterable[tuple[Any, Any]]:
        """Return what it contained, with keys."""
        return ()

    def has_changed(self) -> bool:
        """Return whether it contains other objects now, or in another order."""
        return False

    def restore(self) -> None:
        """Make it contain the same again."""


class _Constant(_Saved):
    pass


class _Dictionary(_Saved):
    def __init__(self, subject: Any) -> None:
        super().__init__(subject)
        # Not the subject's own methods, which subclasses of LocalStack and moto override.
        self._type: Any = OrderedDict if isinstance(subject, OrderedDict) else dict
        self._content = dict(self._type.items(subject))

    def items(self) -> Iterable[tuple[Any, Any]]:
        return self._content.items()

    def has_changed(self) -> bool:
        now, saved = self.subject, self._content
        return not (
            self._type.__len__(now) == len(saved)
            and all(map(is_, list(self._type.values(now)), saved.values()))
            and all(map(_same_key, list(self._type.keys(now)), saved))
        )

    def restore(self) -> None:
        if list(self._type.keys(self.subject)) != list(self._content):
            self._type.clear(self.subject)
        self._type.update(self.subject, self._content)


class _Sequence(_Saved):
    def __init__(self, subject: Any) -> None:
        super().__init__(subject)
        self._content = list(subject)

    def items(self) -> Iterable[tuple[Any, Any]]:
        return enumerate(self._content)

    def has_changed(self) -> bool:
        return len(self.subject) != len(self._content) or not all(
            map(is_, self.subject, self._content)
        )

    def restore(self) -> None:
        self.subject.clear()
        self.subject.extend(self._content)


class _Set(_Sequence):
    def has_changed(self) -> bool:
        return set(map(id, self.subject)) != set(map(id, self._content))

    def restore(self) -> None:
        self.subject.clear()
        self.subject.update(self._content)


class _Slots(_Saved):
    def __init__(self, subject: Any, names: tuple[str, ...]) -> None:
        super().__init__(subject)
        self._names = names
        self._content = [getattr(subject, name, _MISSING) for name in names]

    def items(self) -> Iterable[tuple[Any, Any]]:
        return zip(self._names, self._content, strict=True)

    def has_changed(self) -> bool:
        now = (getattr(self.subject, name, _MISSING) for name in self._names)
        return not all(map(is_, now, self._content))

    def restore(self) -> None:
        for name, value in self.items():
            if value is not _MISSING:
                object.__setattr__(self.subject, name, value)  # also if it is a frozen data class
            elif hasattr(self.subject, name):
                object.__delattr__(self.subject, name)


_MISSING = object()


def _same_key(one: Any, other: Any) -> bool:
    return one is other or bool(one == other)


def _saved(found: Any) -> Iterator[_Saved]:
    kind = type(found)
    if isinstance(found, dict):
        yield _Dictionary(found)
    elif isinstance(found, list | deque):
        yield _Sequence(found)
    elif isinstance(found, set):
        yield _Set(found)
    if kind.__module__.startswith(_PACKAGES) and f"{kind.__module__}.{kind.__qualname__}" not in (
        _CONSTANT
    ):
        attributes = getattr(found, "__dict__", None)
        if isinstance(attributes, dict):
            yield _Dictionary(attributes)
        if names := _slots(kind):
            yield _Slots(found, names)


def _slots(kind: type) -> tuple[str, ...]:
    if kind not in _SLOTS:
        names: list[str] = []
        for each in kind.__mro__:
            slots = each.__dict__.get("__slots__", ())
            names += [slots] if isinstance(slots, str) else slots
        _SLOTS[kind] = tuple(name for name in names if name not in ("__dict__", "__weakref__"))
    return _SLOTS[kind]


_SLOTS: dict[type, tuple[str, ...]] = {}
