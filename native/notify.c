/* Telling the service manager (sd_notify(3)): one datagram to a unix socket. */
#define _GNU_SOURCE
#include "addon.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* notify(path, state): a path that begins with @ is an abstract name. */
static napi_value notify(napi_env env, napi_callback_info info) {
  napi_value arguments[2];
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  char state[1024];
  if (!lvs_arguments(env, info, 2, arguments)) return NULL;
  if (!lvs_string(env, arguments[0], "path", address.sun_path, sizeof address.sun_path)) return NULL;
  if (!lvs_string(env, arguments[1], "state", state, sizeof state)) return NULL;
  socklen_t size = offsetof(struct sockaddr_un, sun_path) + strlen(address.sun_path);
  if (address.sun_path[0] == '@') address.sun_path[0] = '\0';
  int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return lvs_throw(env, errno, "socket");
  ssize_t sent = sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&address, size);
  int error = errno;
  close(fd);
  return sent < 0 ? lvs_throw(env, error, "sendto") : lvs_undefined(env);
}

void lvs_notify(napi_env env, napi_value exports) { lvs_export(env, exports, "notify", notify); }
