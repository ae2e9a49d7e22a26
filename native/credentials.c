/* Who is at the other end of a unix socket (unix(7), SO_PEERCRED). */
#define _GNU_SOURCE
#include "addon.h"

#include <errno.h>
#include <sys/socket.h>

/* peerCredentials(fd): { pid, uid, gid } */
static napi_value peer_credentials(napi_env env, napi_callback_info info) {
  napi_value argument, result, number;
  int32_t fd;
  struct ucred credentials;
  socklen_t size = sizeof credentials;
  if (!lvs_arguments(env, info, 1, &argument)) return NULL;
  if (!lvs_int(env, argument, "fd", &fd)) return NULL;
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) < 0)
    return lvs_throw(env, errno, "getsockopt SO_PEERCRED");
  napi_create_object(env, &result);
  napi_create_int32(env, credentials.pid, &number);
  napi_set_named_property(env, result, "pid", number);
  napi_create_uint32(env, credentials.uid, &number);
  napi_set_named_property(env, result, "uid", number);
  napi_create_uint32(env, credentials.gid, &number);
  napi_set_named_property(env, result, "gid", number);
  return result;
}

void lvs_credentials(napi_env env, napi_value exports) {
  lvs_export(env, exports, "peerCredentials", peer_credentials);
}
