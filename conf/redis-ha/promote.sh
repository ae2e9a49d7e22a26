#!/bin/sh
# This host holds the address: its Redis takes writes.
exec redis-cli -h 127.0.0.1 replicaof no one
