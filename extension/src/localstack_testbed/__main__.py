"""``python -m localstack_testbed`` starts LocalStack, as ``localstack.runtime.main`` does."""

from localstack_testbed import garbage_collection

garbage_collection.pause()

from localstack.runtime.main import main  # noqa: E402  # with the collector paused

main()  # type: ignore[no-untyped-call]
