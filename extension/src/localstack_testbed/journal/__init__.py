"""Journal of everything that happens: calls, invocations, deliveries, messages, emails, faults.

``entry.json`` defines the kinds and fields of entries. ``record`` adds an entry (``journal``), and
the ids in it link entries to chains (``causes``). Entries are added for calls in LocalStack's
handler chain (``api``), by Lambda (``functions``), API Gateway (``apis``) and SQS (``queues``), and
by the packages of the extension that deliver for SNS, EventBridge and Scheduler and that inject
faults. Entries are kept in memory and served (``endpoint``), and written to a file (``writing``).

Settings: ``TESTBED_JOURNAL`` (``0`` disables the package), ``TESTBED_JOURNAL_ENTRIES`` (how many
entries are kept in memory), ``TESTBED_JOURNAL_BYTES`` (the size at which the file is rotated).
"""
