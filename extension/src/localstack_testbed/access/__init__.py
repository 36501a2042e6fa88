"""Rules that decide which requests LocalStack accepts, before it parses them.

A web page can make its visitor's browser send requests to this machine. ``hosts`` rejects requests
whose Host is a name that somebody else can point to this machine (DNS rebinding). ``sites`` rejects
requests of web pages of other origins, except to endpoints that are open to every page
(``public``). ``plugin`` puts these rules at the start of LocalStack's chain of handlers, so that
they apply to every path. ``control_secret`` requires a secret for calls that change or stop the
emulator itself.
"""
