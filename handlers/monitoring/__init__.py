"""Website monitoring: sites, their checks, states, alerts and incidents.

The modules, in the order in which a check passes through them::

    sites        the list of monitored sites              sites.yaml
    checks       one check of one site                    HTTP
    states       how a check changes a site's state       no I/O
    state_store  states and their unpublished alerts      state/{site}.json
    alerts       alerts for people and for the queue      SNS
    removals     sites that were removed from the list
    incidents    outages from their start to their end    incidents/*.json

``connections``, ``responses``, ``urls`` and ``guard`` make the HTTP requests; ``storage``,
``schemas``, ``times``, ``wording`` and ``clients`` are shared helpers.
"""
