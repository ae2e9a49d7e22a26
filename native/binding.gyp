{
  "targets": [
    {
      "target_name": "lvs_native",
      "sources": [
        "addon.c", "receive.c", "packet.c", "ancillary.c", "raw4.c", "datagram.c", "watch.c", "netlink.c", "dial.c",
        "scheduling.c", "notify.c", "credentials.c", "namespace.c", "fifo.c", "signal.c", "descriptors.c", "alarm.c"
      ],
      "cflags": ["-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror=implicit-function-declaration"]
    }
  ]
}
