/* The network namespace of the calling thread (setns(2)): what it opens, and whom it starts, is there. */
#define _GNU_SOURCE
#include "addon.h"

#include <errno.h>
#include <sched.h>

/* enterNetwork(fd): of a file of /run/netns or /proc/PID/ns/net. Other threads stay where they are. */
static napi_value enter_network(napi_env env, napi_callback_info info) {
  napi_value argument;
  int32_t fd;
  if (!lvs_arguments(env, info, 1, &argument)) return NULL;
  if (!lvs_int(env, argument, "fd", &fd)) return NULL;
  if (setns(fd, CLONE_NEWNET) < 0) return lvs_throw(env, errno, "setns");
  return lvs_undefined(env);
}

void lvs_namespace(napi_env env, napi_value exports) {
  lvs_export(env, exports, "enterNetwork", enter_network);
}
