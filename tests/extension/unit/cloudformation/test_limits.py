"""What the engine keeps of answers is limited, and actions that end in any way are noticed."""

from localstack_testbed.cloudformation import responses
from localstack_testbed.cloudformation.engine import graph
from localstack_testbed.cloudformation.responses import Inbox


def test_an_inbox_keeps_a_limited_number_of_answers() -> None:
    inbox = Inbox("url")

    for number in range(10_010):
        inbox.put({"UniqueId": str(number)})

    assert len(inbox.answers()) == 10_000


def test_closed_inboxes_are_forgotten() -> None:
    for number in range(1_100):
        responses.close_inbox(Inbox(f"https://host/path/{number}"))

    assert len(responses._CLOSED) == 1_000
    assert "1099" in responses._CLOSED


def test_an_action_that_exits_is_a_failure() -> None:
    done = []

    def act(node: str) -> None:
        if node == "exit":
            raise SystemExit
        done.append(node)

    failures = graph.run({"first": (), "exit": ("first",), "last": ("exit",)}, act)

    assert list(failures) == ["exit"]
    assert done == ["first"]
