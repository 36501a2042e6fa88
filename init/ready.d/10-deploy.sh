#!/bin/sh
# Deploy the pipeline: package the functions, deploy the template, upload the list of sites.
# LocalStack runs it when it is ready, as a process or in a container.
set -eu
exec testbed --endpoint-url "http://127.0.0.1:${GATEWAY_LISTEN##*:}" deploy
