"""The secret that calls which change the emulator require in these tests."""

CONTROL_SECRET = "secret of these tests"
CONTROL_HEADERS = {"X-Testbed-Secret": CONTROL_SECRET}
