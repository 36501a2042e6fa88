"""Fault injection: failed or slow calls, duplicate or late messages, killed functions.

``rule.json`` defines the actions and fields of rules, which ``definition`` reads and ``parsing``
validates. ``registry`` holds the rules and decides for each call which of them hit it. Faults are
injected where they occur on AWS: before and after a service executes a call (``api``), in a
standard queue (``queues``), in a running function and between Lambda and its queue of asynchronous
events (``functions``).

Setting: ``TESTBED_FAULTS`` (``0`` disables the package).
"""
