"""The clock of LocalStack's schedules, and queues that receive their events."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from testbed.machine.waiting import until
from tests.extension.control import call

ROLE = "arn:aws:iam::000000000000:role/scheduler"
ACCOUNT = "000000000000"

DELIVERY_LIMIT = 10.0


class Clock:
    """A client of the clock's endpoints."""

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint

    def show(self) -> dict[str, Any]:
        return call("GET", f"{self._endpoint}/_testbed/clock")

    def now(self) -> datetime:
        return datetime.fromisoformat(self.show()["now"])

    def known(self, arn: str) -> dict[str, Any] | None:
        """Return the clock's information on a rule or schedule, or None."""
        return next((each for each in self.show()["next"] if each["arn"] == arn), None)

    def due(self, arn: str) -> datetime | None:
        due = (self.known(arn) or {}).get("scheduled_time")
        return datetime.fromisoformat(due) if due else None

    def advance(self, arn: str | None = None, **body: Any) -> list[dict[str, Any]]:
        """Advance the clock; return all firings, or those of one rule or schedule."""
        fired: list[dict[str, Any]] = self.post("/_testbed/clock/advance", body)["fired"]
        return [each for each in fired if arn in (None, each["arn"])]

    def advance_to(self, moment: datetime, arn: str | None = None) -> list[dict[str, Any]]:
        return self.advance(arn, to=moment.isoformat())

    def times(self, arn: str, **body: Any) -> list[datetime]:
        """Advance the clock; return the due times at which a rule or schedule fired."""
        return [
            datetime.fromisoformat(each["scheduled_time"]) for each in self.advance(arn, **body)
        ]

    def fire(self, arn: str) -> dict[str, Any]:
        return self.post("/_testbed/schedules/fire", {"arn": arn})

    def post(self, path: str, body: object) -> dict[str, Any]:
        """Send a POST request; raise ErrorResponse for an error."""
        return call("POST", f"{self._endpoint}{path}", body)


@dataclass(frozen=True)
class Queue:
    """An SQS queue, as a target or dead-letter queue."""

    sqs: Any
    url: str
    arn: str

    @classmethod
    def create(cls, sqs: Any, name: str, **attributes: str) -> "Queue":
        url = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        return cls(sqs, url, f"arn:aws:sqs:us-east-1:{ACCOUNT}:{name}")

    def messages(self, count: int = 1) -> list[dict[str, Any]]:
        """Wait for ``count`` messages, and receive them; fail if there are more."""
        messages: list[dict[str, Any]] = []

        def arrived() -> bool:
            messages.extend(self.taken())
            return len(messages) >= count

        until(arrived, within=DELIVERY_LIMIT, what=f"queue with {count} messages")
        messages += self.taken()
        assert len(messages) == count
        return messages

    def bodies(self, count: int = 1) -> list[str]:
        return [message["Body"] for message in self.messages(count)]

    def taken(self) -> list[dict[str, Any]]:
        """Receive and delete the messages that are in the queue now."""
        response = self.sqs.receive_message(
            QueueUrl=self.url,
            MaxNumberOfMessages=10,
            MessageAttributeNames=["All"],
            AttributeNames=["All"],
        )
        messages: list[dict[str, Any]] = response.get("Messages", [])
        for message in messages:
            self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
        return messages


def attributes(message: dict[str, Any]) -> dict[str, str]:
    """Return the values of a message's attributes."""
    given = message.get("MessageAttributes", {})
    return {name: attribute["StringValue"] for name, attribute in given.items()}


class Scheduler:
    """Schedules with one name and one target."""

    def __init__(self, client: Any, name: str, target: dict[str, Any]) -> None:
        self.client = client
        self.name = name
        self.target = target

    def create(self, expression: str, **arguments: Any) -> str:
        """Create the schedule, and return its ARN; ``Target`` and ``Input`` change the target."""
        response = self.client.create_schedule(**self._request(expression, arguments))
        return str(response["ScheduleArn"])

    def update(self, expression: str, **arguments: Any) -> None:
        self.client.update_schedule(**self._request(expression, arguments))

    def get(self) -> dict[str, Any]:
        schedule: dict[str, Any] = self.client.get_schedule(Name=self.name)
        return schedule

    def delete(self) -> None:
        self.client.delete_schedule(Name=self.name)

    def delete_all(self) -> None:
        for schedule in self.client.list_schedules()["Schedules"]:
            if schedule["Name"] == self.name:
                self.client.delete_schedule(Name=self.name, GroupName=schedule["GroupName"])

    def _request(self, expression: str, arguments: dict[str, Any]) -> dict[str, Any]:
        target = self.target | arguments.pop("Target", {})
        if "Input" in arguments:
            target["Input"] = arguments.pop("Input")
        return {
            "Name": self.name,
            "ScheduleExpression": expression,
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "Target": target,
        } | arguments
