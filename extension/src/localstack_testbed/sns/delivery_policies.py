"""SNS's delivery policies: the number of retries, and the delays between them.

https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Policy:
    """A policy's phases: for each, the number of retries and the delay in seconds.

    In the backoff phase, the delay grows exponentially from the first number of seconds to the
    second. AWS adds random jitter to all delays; here there is none.
    """

    immediate: int
    pre_backoff: tuple[int, float]
    backoff: tuple[int, float, float]
    post_backoff: tuple[int, float]

    def delay_before(self, retry: int) -> float | None:
        """Return the delay in seconds before a retry, counted from 1; None after the last one."""
        number = retry - 1 - self.immediate
        if number < 0:
            return 0.0
        times, seconds = self.pre_backoff
        if number < times:
            return seconds
        number -= times
        times, least, most = self.backoff
        if number < times:
            return float(least * (most / least) ** (number / (times - 1)))
        number -= times
        times, seconds = self.post_backoff
        return seconds if number < times else None


AWS_MANAGED = Policy(
    immediate=3, pre_backoff=(2, 1.0), backoff=(10, 1.0, 20.0), post_backoff=(100_000, 20.0)
)
CUSTOMER_MANAGED = Policy(
    immediate=0, pre_backoff=(2, 10.0), backoff=(10, 10.0, 600.0), post_backoff=(38, 600.0)
)
POLICIES = {
    "sqs": AWS_MANAGED,
    "lambda": AWS_MANAGED,
    "firehose": AWS_MANAGED,
    "email": CUSTOMER_MANAGED,
    "email-json": CUSTOMER_MANAGED,
    "sms": CUSTOMER_MANAGED,
    "application": CUSTOMER_MANAGED,
}
"""Delivery policies by subscription protocol."""
