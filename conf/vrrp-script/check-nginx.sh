#!/bin/sh
# Succeeds while the nginx on this host serves a page.
exec curl --silent --fail --output /dev/null --max-time 1 http://127.0.0.1/
