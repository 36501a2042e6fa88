#!/bin/sh
# Run the init scripts in boot.d, as LocalStack's images do, and start LocalStack.
set -eu
# Link the image's bundles into a writable cache, to which deployments add packages.
mkdir -p "$TESTBED_CACHE"
ln -sf /opt/testbed/cache/bundle-* "$TESTBED_CACHE/"
export CUSTOM_SSL_CERT_PATH=/tmp/certificate.pem
python -m localstack_testbed.lifecycle.certificate "$CUSTOM_SSL_CERT_PATH"
python -m localstack.runtime.init BOOT
exec python -m localstack_testbed
