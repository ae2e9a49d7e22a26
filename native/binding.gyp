{ "targets": [ { "target_name": "lvs_native", "sources": [ "addon.c" ], "cflags": [ "-Wall", "-Wextra", "-O2" ] } ] }
