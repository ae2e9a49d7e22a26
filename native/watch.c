/* Sockets that only hear what the kernel tells everybody (netlink(7)). npm `netlink` ends the process
   when such a socket overruns; here an overrun is an error like another (receive.c). */
#define _GNU_SOURCE
#include "addon.h"

#include <errno.h>
#include <linux/netlink.h>
#include <sys/socket.h>
#include <unistd.h>

enum { RECEIVE_BUFFER_OCTETS = 1 << 20 };

/* openNetlinkWatch(protocol, groups): fd. Groups are RTNLGRP_* and the like. */
static napi_value open_watch(napi_env env, napi_callback_info info) {
  napi_value arguments[2], result;
  int32_t protocol, group;
  uint32_t count;
  if (!lvs_arguments(env, info, 2, arguments)) return NULL;
  if (!lvs_int(env, arguments[0], "protocol", &protocol)) return NULL;
  if (napi_get_array_length(env, arguments[1], &count) != napi_ok) {
    napi_throw_type_error(env, "ERR_INVALID_ARG_TYPE", "groups must be an array");
    return NULL;
  }
  int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
  if (fd < 0) return lvs_throw(env, errno, "socket");
  /* The kernel chooses the port; a socket without one hears no multicast. */
  struct sockaddr_nl own = {.nl_family = AF_NETLINK};
  if (bind(fd, (struct sockaddr *)&own, sizeof own) < 0) {
    int error = errno;
    close(fd);
    return lvs_throw(env, error, "bind");
  }
  int size = RECEIVE_BUFFER_OCTETS;
  /* The first is not bound by net.core.rmem_max and needs CAP_NET_ADMIN. */
  if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) < 0)
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
  for (uint32_t at = 0; at < count; at += 1) {
    napi_value element;
    napi_get_element(env, arguments[1], at, &element);
    if (!lvs_int(env, element, "group", &group)) {
      close(fd);
      return NULL;
    }
    if (setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof group) < 0) {
      int error = errno;
      close(fd);
      return lvs_throw(env, error, "setsockopt NETLINK_ADD_MEMBERSHIP");
    }
  }
  napi_create_int32(env, fd, &result);
  return result;
}

void lvs_watch(napi_env env, napi_value exports) {
  lvs_export(env, exports, "openNetlinkWatch", open_watch);
}
