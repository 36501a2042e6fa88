#!/bin/sh
# Provision the pipeline: package the functions, deploy the template, upload the sites.
# LocalStack runs this when it is ready, embedded or in a container.
set -eu
exec testbed --endpoint-url "http://127.0.0.1:${GATEWAY_LISTEN##*:}" deploy
