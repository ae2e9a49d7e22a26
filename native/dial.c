/* Connecting by a given interface or with a firewall mark (socket(7)), which Node cannot ask for. */
#define _GNU_SOURCE
#include "addon.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

typedef struct {
  uv_poll_t poll;
  int fd;
  napi_env env;
  napi_ref on_done;
} dialer;

static void free_dialer(uv_handle_t *handle) {
  dialer *self = handle->data;
  if (self->on_done) napi_delete_reference(self->env, self->on_done);
  free(self);
}

static void end_poll(dialer *self) {
  uv_poll_stop(&self->poll);
  self->fd = -1;
  uv_close((uv_handle_t *)&self->poll, free_dialer);
}

static void cancel_dialer(void *data) {
  dialer *self = data;
  if (self->fd < 0) return;
  close(self->fd);
  end_poll(self);
}

static void on_writable(uv_poll_t *poll, int status, int events) {
  dialer *self = poll->data;
  int error = 0;
  socklen_t size = sizeof error;
  (void)events;
  /* libuv reports a refused connection as EBADF: the socket knows better. */
  getsockopt(self->fd, SOL_SOCKET, SO_ERROR, &error, &size);
  if (!error && status < 0) error = -status;
  int fd = self->fd;
  napi_env env = self->env;
  napi_handle_scope scope;
  napi_value callback, global, arguments[2];
  napi_open_handle_scope(env, &scope);
  napi_get_reference_value(env, self->on_done, &callback);
  napi_get_global(env, &global);
  const char *name = error ? strerrorname_np(error) : NULL;
  if (error) close(fd);
  napi_create_int32(env, error ? -1 : fd, &arguments[0]);
  napi_create_string_utf8(env, name ? name : "", NAPI_AUTO_LENGTH, &arguments[1]);
  napi_remove_env_cleanup_hook(env, cancel_dialer, self);
  end_poll(self);
  napi_make_callback(env, NULL, global, callback, 2, arguments, NULL);
  lvs_rethrow(env);
  napi_close_handle_scope(env, scope);
}

/* IPv4 or IPv6 text and port as a socket address; 0 when the text is no address. */
static socklen_t to_address(const char *text, int port, struct sockaddr_storage *result) {
  struct sockaddr_in *four = (struct sockaddr_in *)result;
  struct sockaddr_in6 *six = (struct sockaddr_in6 *)result;
  memset(result, 0, sizeof *result);
  if (inet_pton(AF_INET, text, &four->sin_addr) == 1) {
    four->sin_family = AF_INET;
    four->sin_port = htons(port);
    return sizeof *four;
  }
  if (inet_pton(AF_INET6, text, &six->sin6_addr) == 1) {
    six->sin6_family = AF_INET6;
    six->sin6_port = htons(port);
    return sizeof *six;
  }
  return 0;
}

/* What failed, or NULL. */
static const char *prepare(int fd, int family, const char *interface, uint32_t mark, const char *from,
                           int from_port) {
  struct sockaddr_storage source;
  const char *any = family == AF_INET ? "0.0.0.0" : "::";
  if (*interface && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, interface, strlen(interface) + 1) < 0)
    return "setsockopt SO_BINDTODEVICE";
  if (mark && setsockopt(fd, SOL_SOCKET, SO_MARK, &mark, sizeof mark) < 0)
    return "setsockopt SO_MARK";
  if (!*from && !from_port) return NULL;
  int one = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  socklen_t size = to_address(*from ? from : any, from_port, &source);
  return bind(fd, (struct sockaddr *)&source, size) < 0 ? "bind" : NULL;
}

/* dial(address, port, interface, mark, bindAddress, bindPort, onDone(fd, errnoName)): handle */
static napi_value dial(napi_env env, napi_callback_info info) {
  napi_value arguments[7], handle;
  char text[INET6_ADDRSTRLEN], interface[IFNAMSIZ], from[INET6_ADDRSTRLEN];
  int32_t port, from_port;
  uint32_t mark;
  if (!lvs_arguments(env, info, 7, arguments)) return NULL;
  if (!lvs_string(env, arguments[0], "address", text, sizeof text)) return NULL;
  if (!lvs_int(env, arguments[1], "port", &port)) return NULL;
  if (!lvs_string(env, arguments[2], "interface", interface, sizeof interface)) return NULL;
  if (napi_get_value_uint32(env, arguments[3], &mark) != napi_ok) mark = 0;
  if (!lvs_string(env, arguments[4], "bindAddress", from, sizeof from)) return NULL;
  if (!lvs_int(env, arguments[5], "bindPort", &from_port)) return NULL;
  if (!lvs_function(env, arguments[6], "onDone")) return NULL;
  struct sockaddr_storage address;
  socklen_t size = to_address(text, port, &address);
  if (!size) return lvs_throw(env, EINVAL, "inet_pton");
  int fd = socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return lvs_throw(env, errno, "socket");
  const char *failed = prepare(fd, address.ss_family, interface, mark, from, from_port);
  if (!failed && connect(fd, (struct sockaddr *)&address, size) < 0 && errno != EINPROGRESS)
    failed = "connect";
  if (failed) {
    int error = errno;
    close(fd);
    return lvs_throw(env, error, failed);
  }
  dialer *self = calloc(1, sizeof *self);
  uv_loop_t *loop;
  napi_get_uv_event_loop(env, &loop);
  if (!self || uv_poll_init(loop, &self->poll, fd)) {
    free(self);
    close(fd);
    return lvs_throw(env, ENOMEM, "uv_poll_init");
  }
  self->fd = fd;
  self->env = env;
  self->poll.data = self;
  napi_create_reference(env, arguments[6], 1, &self->on_done);
  napi_add_env_cleanup_hook(env, cancel_dialer, self);
  uv_poll_start(&self->poll, UV_WRITABLE, on_writable);
  napi_create_external(env, self, NULL, NULL, &handle);
  return handle;
}

/* cancelDial(handle): before onDone was called, and at most once. */
static napi_value cancel_dial(napi_env env, napi_callback_info info) {
  napi_value argument;
  dialer *self;
  if (!lvs_arguments(env, info, 1, &argument)) return NULL;
  if (napi_get_value_external(env, argument, (void **)&self) != napi_ok) {
    napi_throw_type_error(env, "ERR_INVALID_ARG_TYPE", "handle must be of dial");
    return NULL;
  }
  napi_remove_env_cleanup_hook(env, cancel_dialer, self);
  cancel_dialer(self);
  return lvs_undefined(env);
}

void lvs_dial(napi_env env, napi_value exports) {
  lvs_export(env, exports, "dial", dial);
  lvs_export(env, exports, "cancelDial", cancel_dial);
}
