"""Faults on purpose: calls fail, are throttled or slow; messages come twice; functions are killed.

Rules say what happens to which calls (``rules``, ``parsing``); the registry holds them, and decides
call by call (``registry``). They act where AWS would have the failure: in front of a service and
behind it (``api``), in a standard queue (``queues``), in a running function and between Lambda and
its queue of asynchronous events (``functions``). Callers see what they would see on AWS.

Setting: ``TESTBED_FAULTS`` (``0`` switches the module off).
"""
