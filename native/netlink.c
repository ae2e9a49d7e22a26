/* Requests to the kernel over netlink. The kernel answers within the send: who then receives finds the
   answers there, many datagrams in one call and in one buffer, and waits only where there are none. */
#define _GNU_SOURCE
#include "addon.h"

#include <errno.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

/* The kernel makes a dump's parts as large as the largest buffer that it has seen, up to 32 KiB. */
enum { RECEIVE_BUFFER_OCTETS = 4 << 20, DATAGRAM_OCTETS_MAX = 32768 };

/* openNetlinkRequests(protocol): fd */
static napi_value open_requests(napi_env env, napi_callback_info info) {
  napi_value argument, result;
  int32_t protocol;
  int on = 1, size = RECEIVE_BUFFER_OCTETS;
  struct sockaddr_nl own = {.nl_family = AF_NETLINK};
  if (!lvs_arguments(env, info, 1, &argument)) return NULL;
  if (!lvs_int(env, argument, "protocol", &protocol)) return NULL;
  int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
  if (fd < 0) return lvs_throw(env, errno, "socket");
  if (bind(fd, (struct sockaddr *)&own, sizeof own) < 0) {
    int error = errno;
    close(fd);
    return lvs_throw(env, error, "bind");
  }
  /* The first is not bound by net.core.rmem_max and needs CAP_NET_ADMIN. */
  if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) < 0)
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
  /* Refusals without the request in them, and with a sentence where the kernel has one. */
  setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof on);
  setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof on);
  napi_create_int32(env, fd, &result);
  return result;
}

/* sendNetlink(fd, octets): to the kernel, which has done it all when this returns. */
static napi_value send_netlink(napi_env env, napi_callback_info info) {
  napi_value arguments[2];
  int32_t fd;
  uint8_t *octets;
  size_t length;
  struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
  if (!lvs_arguments(env, info, 2, arguments)) return NULL;
  if (!lvs_int(env, arguments[0], "fd", &fd)) return NULL;
  if (!lvs_bytes(env, arguments[1], "octets", &octets, &length)) return NULL;
  ssize_t sent;
  do
    sent = sendto(fd, octets, length, 0, (struct sockaddr *)&kernel, sizeof kernel);
  while (sent < 0 && errno == EINTR);
  if (sent < 0) return lvs_throw(env, errno, "sendto");
  return lvs_undefined(env);
}

/* Whether a datagram begins with the end of a dump, or an answer, to the request of this number. */
static bool ends(const uint8_t *datagram, size_t length, uint32_t sequence) {
  struct nlmsghdr header;
  if (length < sizeof header) return false;
  memcpy(&header, datagram, sizeof header);
  return header.nlmsg_seq == sequence &&
         (header.nlmsg_type == NLMSG_DONE || header.nlmsg_type == NLMSG_ERROR);
}

/* receiveNetlink(fd, buffer, sequence): octets of whole datagrams that were there, each at a multiple of 4;
   0 if there were none. Returns after the datagram that ends the request `sequence`, when the buffer has
   no room for another, or when nothing is left. Throws ENOBUFS (some were lost), EMSGSIZE. */
static napi_value receive_netlink(napi_env env, napi_callback_info info) {
  napi_value arguments[3], result;
  int32_t fd;
  uint32_t sequence;
  uint8_t *buffer;
  size_t size, filled = 0;
  if (!lvs_arguments(env, info, 3, arguments)) return NULL;
  if (!lvs_int(env, arguments[0], "fd", &fd)) return NULL;
  if (!lvs_bytes(env, arguments[1], "buffer", &buffer, &size)) return NULL;
  if (napi_get_value_uint32(env, arguments[2], &sequence) != napi_ok) {
    napi_throw_type_error(env, "ERR_INVALID_ARG_TYPE", "sequence must be a number");
    return NULL;
  }
  if (size < DATAGRAM_OCTETS_MAX) {
    napi_throw_range_error(env, "ERR_OUT_OF_RANGE", "buffer must hold 32768 octets");
    return NULL;
  }
  while (size - filled >= DATAGRAM_OCTETS_MAX) {
    struct sockaddr_nl source = {0};
    struct iovec part = {.iov_base = buffer + filled, .iov_len = size - filled};
    struct msghdr message = {
        .msg_name = &source, .msg_namelen = sizeof source, .msg_iov = &part, .msg_iovlen = 1};
    ssize_t length = recvmsg(fd, &message, MSG_DONTWAIT);
    if (length < 0) {
      if (errno == EINTR) continue;
      if (errno == EAGAIN) break;
      return lvs_throw(env, errno, "recvmsg");
    }
    if (message.msg_flags & MSG_TRUNC) return lvs_throw(env, EMSGSIZE, "recvmsg");
    /* Any process may send to a netlink socket; the kernel's own port is 0. */
    if (source.nl_pid != 0) continue;
    bool last = ends(buffer + filled, (size_t)length, sequence);
    filled += (size_t)length;
    while (filled % NLMSG_ALIGNTO != 0 && filled < size) buffer[filled++] = 0;
    if (last) break;
  }
  napi_create_uint32(env, (uint32_t)filled, &result);
  return result;
}

typedef struct {
  uv_poll_t poll;
  napi_env env;
  napi_ref on_readable;
  bool closed;
} waiter;

static void free_waiter(uv_handle_t *handle) {
  waiter *self = handle->data;
  napi_delete_reference(self->env, self->on_readable);
  free(self);
}

static void stop_waiter(void *data) {
  waiter *self = data;
  if (self->closed) return;
  self->closed = true;
  uv_close((uv_handle_t *)&self->poll, free_waiter);
}

/* Errors too: the next receive tells them. */
static void on_readable(uv_poll_t *poll, int status, int events) {
  waiter *self = poll->data;
  napi_handle_scope scope;
  napi_value callback, global;
  (void)status;
  (void)events;
  uv_poll_stop(poll);
  napi_open_handle_scope(self->env, &scope);
  napi_get_reference_value(self->env, self->on_readable, &callback);
  napi_get_global(self->env, &global);
  napi_make_callback(self->env, NULL, global, callback, 0, NULL, NULL);
  lvs_rethrow(self->env);
  napi_close_handle_scope(self->env, scope);
}

/* awaitReadable(fd, onReadable): handle. Called once, when there is something to receive. */
static napi_value await_readable(napi_env env, napi_callback_info info) {
  napi_value arguments[2], handle;
  int32_t fd;
  uv_loop_t *loop;
  if (!lvs_arguments(env, info, 2, arguments)) return NULL;
  if (!lvs_int(env, arguments[0], "fd", &fd)) return NULL;
  if (!lvs_function(env, arguments[1], "onReadable")) return NULL;
  waiter *self = calloc(1, sizeof *self);
  if (!self) return lvs_throw(env, ENOMEM, "calloc");
  self->env = env;
  self->poll.data = self;
  napi_get_uv_event_loop(env, &loop);
  int error = uv_poll_init(loop, &self->poll, fd);
  if (error) {
    free(self);
    return lvs_throw(env, -error, "uv_poll_init");
  }
  napi_create_reference(env, arguments[1], 1, &self->on_readable);
  uv_poll_start(&self->poll, UV_READABLE, on_readable);
  napi_add_env_cleanup_hook(env, stop_waiter, self);
  napi_create_external(env, self, NULL, NULL, &handle);
  return handle;
}

/* endAwait(handle): exactly once a handle, called or not, and before the fd is closed. */
static napi_value end_await(napi_env env, napi_callback_info info) {
  napi_value argument;
  waiter *self;
  if (!lvs_arguments(env, info, 1, &argument)) return NULL;
  if (napi_get_value_external(env, argument, (void **)&self) != napi_ok) {
    napi_throw_type_error(env, "ERR_INVALID_ARG_TYPE", "handle must be of awaitReadable");
    return NULL;
  }
  napi_remove_env_cleanup_hook(env, stop_waiter, self);
  stop_waiter(self);
  return lvs_undefined(env);
}

void lvs_netlink(napi_env env, napi_value exports) {
  lvs_export(env, exports, "openNetlinkRequests", open_requests);
  lvs_export(env, exports, "sendNetlink", send_netlink);
  lvs_export(env, exports, "receiveNetlink", receive_netlink);
  lvs_export(env, exports, "awaitReadable", await_readable);
  lvs_export(env, exports, "endAwait", end_await);
}
