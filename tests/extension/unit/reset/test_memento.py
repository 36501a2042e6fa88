"""Mementos: objects get their contents back, and stay the same objects."""

import threading
from collections import OrderedDict, defaultdict, deque
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from localstack_testbed.reset.changes import changed_resources, difference
from localstack_testbed.reset.memento import Memento


@dataclass
class Queue:
    """An object of a service; its module has to be one of LocalStack's."""

    messages: list[str] = field(default_factory=list)
    lock: Any = field(default_factory=threading.Lock)


class Slotted:
    __slots__ = ("later", "value")
    later: int

    def __init__(self) -> None:
        self.value = [1]


@dataclass(frozen=True)
class Frozen:
    values: dict[str, int] = field(default_factory=dict)


for each in (Queue, Slotted, Frozen):
    each.__module__ = "localstack.services.test"


def test_contents_return_into_the_same_objects() -> None:
    queue = Queue(["a"])
    store: dict[str, Any] = {"queues": {"q": queue}, "tags": {"a", "b"}}
    store["order"] = OrderedDict(x=1, y=2)
    lock = queue.lock
    memento = Memento({"sqs": store})

    queue.messages.append("b")
    queue.messages = ["c"]
    queue.lock = None
    del store["queues"]["q"]
    store["queues"]["new"] = Queue()
    store["tags"].add("c")
    store["order"].move_to_end("x")
    store["more"] = 1

    memento.restore()

    assert list(store) == ["queues", "tags", "order"]
    assert store["queues"] == {"q": queue}
    assert store["queues"]["q"] is queue
    assert queue.messages == ["a"]
    assert queue.lock is lock
    assert store["tags"] == {"a", "b"}
    assert list(store["order"]) == ["x", "y"]


def test_restores_any_number_of_times() -> None:
    store: dict[str, Any] = {"a": [1, 2], "b": deque([3])}
    memento = Memento({"store": store})
    for _ in range(3):
        store["a"].clear()
        store["b"].append(4)
        store["c"] = []
        memento.restore()
        assert store == {"a": [1, 2], "b": deque([3])}


def test_attributes_slots_and_defaults() -> None:
    slotted, frozen, plain = Slotted(), Frozen({"a": 1}), SimpleNamespace(x=1)
    nested: defaultdict[str, list[Any]] = defaultdict(list, {"one": [slotted, (frozen, plain)]})
    memento = Memento({"nested": nested})
    slotted.value = [2]
    slotted.later = 1
    frozen.values["b"] = 2
    object.__setattr__(frozen, "values", {})
    plain.y = 2
    assert nested["two"] == []

    memento.restore()

    assert slotted.value == [1]
    assert not hasattr(slotted, "later")
    assert frozen.values == {"a": 1}
    assert vars(plain) == {"x": 1}
    assert list(nested) == ["one"]
    assert nested["three"] == []


def test_order_of_keys_is_restored() -> None:
    store = {"a": 1, "b": 2}
    memento = Memento({"store": store})
    store["a"] = store.pop("a")
    assert list(store) == ["b", "a"]
    memento.restore()
    assert list(store) == ["a", "b"]


def test_cycles_and_foreign_objects() -> None:
    """An object refers to itself; what is not of a service is not looked into."""
    own: dict[str, Any] = {}
    own["self"] = own
    foreign = pytest.MonkeyPatch()
    own["foreign"] = foreign
    memento = Memento({"own": own})
    foreign._savesyspath = ["changed"]
    own["more"] = 1
    memento.restore()
    assert own == {"self": own, "foreign": foreign}
    assert foreign._savesyspath == ["changed"]


def test_paths_of_what_has_changed() -> None:
    store = {"0": {"us-east-1": SimpleNamespace(attr_queues={"q": Queue(), "r": Queue()})}}
    memento = Memento({"sqs": store})
    assert memento.restore() == []
    store["0"]["us-east-1"].attr_queues["q"].messages.append("m")
    assert memento.restore() == [("sqs", "0", "us-east-1", "attr_queues", "q", "messages")]


def test_report_names_resources() -> None:
    before = {"queue": {"a", "b", "new"}, "message": {"a/1"}}
    after = {"queue": {"a", "b", "old"}}
    assert difference(before, after) == {"queue": ["new"], "message": ["a/1"]}
    assert difference(after, before) == {"queue": ["old"]}
    store = ("sqs/0", "000000000000", "us-east-1", "attr_queues")
    paths = [
        (*store, "a", "attributes"),
        (*store, "b", "visible", "queue"),
        (*store, "old", "tags"),
        ("s3/0", "000000000000", "us-east-1", "attr_buckets", "c", "objects"),
    ]
    assert changed_resources(paths, before, after) == {"queue": ["a"]}
