"""Rules for who may send requests to LocalStack at all, whatever they ask for.

A web page can make its visitor's browser send requests to this machine. ``hosts`` rejects those
whose Host is a name that somebody else can point here (DNS rebinding), ``sites`` those that a page
of another site sends, except for what ``public`` says is open to every page. ``plugin`` puts the
rules before everything else in LocalStack's chain of handlers, so that they hold for every path.
``control_secret`` asks for a secret for calls that change or stop the emulator itself.

Settings: ``TESTBED_ALLOWED_HOSTS`` (further names, with commas between them; ``.example.test``
means all names below ``example.test``) and ``EXTRA_CORS_ALLOWED_ORIGINS`` (LocalStack's own:
further origins, with commas between them).
"""
