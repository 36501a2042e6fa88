"""SNS's delivery policies: how often a delivery is repeated, and after which pauses.

https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Policy:
    """The phases of a policy: how many retries each has, and after how many seconds.

    In the backoff phase the pauses grow exponentially from the first number of seconds to the
    second one. AWS varies all pauses at random; here they are always the same.
    """

    immediate: int
    before: tuple[int, float]
    backoff: tuple[int, float, float]
    after: tuple[int, float]

    def pause(self, retry: int) -> float | None:
        """Return the seconds before a retry, counted from 1; None if there is no such one."""
        number = retry - 1 - self.immediate
        if number < 0:
            return 0.0
        times, seconds = self.before
        if number < times:
            return seconds
        number -= times
        times, least, most = self.backoff
        if number < times:
            return float(least * (most / least) ** (number / (times - 1)))
        number -= times
        times, seconds = self.after
        return seconds if number < times else None


AT_AWS = Policy(immediate=3, before=(2, 1.0), backoff=(10, 1.0, 20.0), after=(100_000, 20.0))
AT_CUSTOMERS = Policy(immediate=0, before=(2, 10.0), backoff=(10, 10.0, 600.0), after=(38, 600.0))
POLICIES = {
    "sqs": AT_AWS,
    "lambda": AT_AWS,
    "firehose": AT_AWS,
    "email": AT_CUSTOMERS,
    "email-json": AT_CUSTOMERS,
    "sms": AT_CUSTOMERS,
    "application": AT_CUSTOMERS,
}
"""By the protocols of subscriptions."""
