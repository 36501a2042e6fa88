"""The pages of the demo's websites."""

from testbed.machine.websites import Page

PAGES = (
    Page("shop", "text/html", "<h1>Welcome to the shop</h1>\n", "Welcome to the shop"),
    Page("blog", "text/html", "<h1>Notes on tea</h1>\n<p>Water first.</p>\n", "Notes on tea"),
    Page("orders-api", "application/json", '{"service": "orders", "ready": true}\n', '"ready"'),
)
