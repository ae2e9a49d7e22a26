#!/bin/sh
# Succeeds while the Redis on this host answers, as master or as replica.
[ "$(redis-cli -h 127.0.0.1 ping 2>/dev/null)" = PONG ]
