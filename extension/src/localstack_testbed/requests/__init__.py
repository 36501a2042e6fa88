"""How requests reach services: who calls, and what a malformed request is answered."""
