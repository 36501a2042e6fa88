"""A journal of everything that happens: calls, invocations, deliveries, messages, emails.

Each hop is one entry, ``record`` adds it (``journal``), and the ids in it tie entries into chains
(``causes``). Entries come from the chain of LocalStack's handlers (``api``), from Lambda
(``functions``), API Gateway (``apis``) and SQS (``queues``), and from the extension's own parts
that deliver what SNS, EventBridge and Scheduler send, and that carry out faults. They are kept in
memory, served (``endpoint``), and written to a file (``writing``), each with a limit.

Settings: ``TESTBED_JOURNAL`` (``0`` switches the module off), ``TESTBED_JOURNAL_ENTRIES`` (how many
are kept in memory), ``TESTBED_JOURNAL_BYTES`` (how long a file may be; there are two).
"""
