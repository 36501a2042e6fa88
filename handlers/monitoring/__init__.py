"""Website monitoring: what a site is, how it is checked, and what becomes of the result.

The modules, in the order in which a check passes through them::

    sites      which sites there are                     sites.yaml
    checks     one look at one site                      the site itself
    states     what a look changes                       pure
    ledger     state and alerts, never one without the other   state/{site}.json
    alerts     what people and the incident queue are told     SNS
    removals   what is left to tell of sites that are no longer listed
    incidents  outages from their beginning to their end       incidents/*.json

``storage``, ``schemas``, ``times``, ``wording`` and ``guard`` serve them.
"""
