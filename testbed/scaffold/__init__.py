"""The small project that ``testbed init`` creates."""
