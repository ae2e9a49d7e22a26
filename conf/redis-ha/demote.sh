#!/bin/sh
# demote.sh PEER: another host holds the address, or this Redis is down: follow the peer's Redis.
# A Redis that is starting or gone is waited for, so that it never returns as a second master.
peer=$1
for attempt in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    redis-cli -h 127.0.0.1 replicaof "$peer" 6379 2>/dev/null | grep -q OK && exit 0
    sleep 1
done
echo "Redis on this host did not become a replica of $peer" >&2
exit 1
