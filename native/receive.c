/* Hearing what comes to a socket, in turns of the event loop, with what the kernel tells beside it. */
#define _GNU_SOURCE
#include "addon.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

/* The kernel's own limit of a notification; an Ethernet frame is far shorter. */
enum { DATAGRAM_OCTETS_MAX = 32768, DATAGRAMS_A_TURN = 64, CONTROL_OCTETS_MAX = 256 };

typedef struct {
  uv_poll_t poll;
  int fd;
  napi_env env;
  napi_ref on_datagram;
  napi_ref on_error;
} receiver;

static void call(receiver *self, napi_ref reference, size_t count, const napi_value *arguments) {
  napi_value callback, global;
  napi_get_reference_value(self->env, reference, &callback);
  napi_get_global(self->env, &global);
  napi_make_callback(self->env, NULL, global, callback, count, arguments, NULL);
  lvs_rethrow(self->env);
}

static void give_error(receiver *self, int error) {
  napi_handle_scope scope;
  napi_value name;
  const char *text = strerrorname_np(error);
  napi_open_handle_scope(self->env, &scope);
  napi_create_string_utf8(self->env, text ? text : "EUNKNOWN", NAPI_AUTO_LENGTH, &name);
  call(self, self->on_error, 1, &name);
  napi_close_handle_scope(self->env, scope);
}

static napi_value address_text(napi_env env, int family, const void *address) {
  char text[INET6_ADDRSTRLEN];
  napi_value value;
  inet_ntop(family, address, text, sizeof text);
  napi_create_string_utf8(env, text, NAPI_AUTO_LENGTH, &value);
  return value;
}

/* What the kernel tells beside a datagram. */
typedef struct {
  struct in_addr destination4;
  struct in6_addr destination6;
  int32_t hop_limit, interface_index;
} facts;

static void read_facts(const struct cmsghdr *at, facts *result) {
  if (at->cmsg_level == IPPROTO_IPV6 && at->cmsg_type == IPV6_HOPLIMIT)
    memcpy(&result->hop_limit, CMSG_DATA(at), sizeof result->hop_limit);
  if (at->cmsg_level == IPPROTO_IP && at->cmsg_type == IP_TTL)
    memcpy(&result->hop_limit, CMSG_DATA(at), sizeof result->hop_limit);
  if (at->cmsg_level == IPPROTO_IPV6 && at->cmsg_type == IPV6_PKTINFO) {
    struct in6_pktinfo told;
    memcpy(&told, CMSG_DATA(at), sizeof told);
    result->destination6 = told.ipi6_addr;
    result->interface_index = (int32_t)told.ipi6_ifindex;
  }
  if (at->cmsg_level == IPPROTO_IP && at->cmsg_type == IP_PKTINFO) {
    struct in_pktinfo told;
    memcpy(&told, CMSG_DATA(at), sizeof told);
    result->destination4 = told.ipi_addr;
    result->interface_index = told.ipi_ifindex;
  }
}

/* Source, destination, hop limit and interface index of an IP datagram (ip(7), RFC 3542 §6). */
static size_t ancillary(napi_env env, struct msghdr *message, napi_value *values) {
  const struct sockaddr_storage *source = message->msg_name;
  facts told = {0};
  bool is4 = message->msg_namelen >= sizeof(struct sockaddr_in) && source->ss_family == AF_INET;
  bool is6 = message->msg_namelen >= sizeof(struct sockaddr_in6) && source->ss_family == AF_INET6;
  if (!is4 && !is6) return 0;
  for (struct cmsghdr *at = CMSG_FIRSTHDR(message); at; at = CMSG_NXTHDR(message, at))
    read_facts(at, &told);
  if (is4) {
    values[0] = address_text(env, AF_INET, &((const struct sockaddr_in *)source)->sin_addr);
    values[1] = address_text(env, AF_INET, &told.destination4);
  } else {
    values[0] = address_text(env, AF_INET6, &((const struct sockaddr_in6 *)source)->sin6_addr);
    values[1] = address_text(env, AF_INET6, &told.destination6);
  }
  napi_create_int32(env, told.hop_limit, &values[2]);
  napi_create_int32(env, told.interface_index, &values[3]);
  return 4;
}

/* Any process may send to a netlink socket; the kernel's own port is 0. */
static bool is_foreign(const struct msghdr *message) {
  const struct sockaddr_nl *source = message->msg_name;
  return message->msg_namelen >= sizeof *source && source->nl_family == AF_NETLINK &&
         source->nl_pid != 0;
}

static void give_datagram(receiver *self, struct msghdr *message, size_t length) {
  napi_handle_scope scope;
  napi_value arguments[5];
  napi_open_handle_scope(self->env, &scope);
  napi_create_buffer_copy(self->env, length, message->msg_iov->iov_base, NULL, &arguments[0]);
  size_t facts = ancillary(self->env, message, &arguments[1]);
  call(self, self->on_datagram, 1 + facts, arguments);
  napi_close_handle_scope(self->env, scope);
}

/* Whether there may be more. */
static bool receive_one(receiver *self) {
  static __thread uint8_t datagram[DATAGRAM_OCTETS_MAX];
  _Alignas(struct cmsghdr) uint8_t control[CONTROL_OCTETS_MAX];
  struct sockaddr_storage source;
  struct iovec part = {.iov_base = datagram, .iov_len = sizeof datagram};
  struct msghdr message = {.msg_name = &source,
                           .msg_namelen = sizeof source,
                           .msg_iov = &part,
                           .msg_iovlen = 1,
                           .msg_control = control,
                           .msg_controllen = sizeof control};
  ssize_t length = recvmsg(self->fd, &message, MSG_DONTWAIT);
  if (length < 0) {
    if (errno == EAGAIN || errno == EINTR) return false;
    give_error(self, errno);
    return false;
  }
  if (message.msg_flags & MSG_TRUNC)
    give_error(self, EMSGSIZE);
  else if (!is_foreign(&message))
    give_datagram(self, &message, (size_t)length);
  return true;
}

static void on_readable(uv_poll_t *poll, int status, int events) {
  receiver *self = poll->data;
  if (status < 0) {
    /* libuv has stopped the poll and hides the reason. Reading it takes it away; hearing goes on. */
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(self->fd, SOL_SOCKET, SO_ERROR, &error, &size);
    uv_poll_start(poll, UV_READABLE, on_readable);
    if (error) give_error(self, error);
    return;
  }
  if (!(events & UV_READABLE)) return;
  for (int count = 0; count < DATAGRAMS_A_TURN && self->fd >= 0; count += 1)
    if (!receive_one(self)) return;
}

static void free_receiver(uv_handle_t *handle) {
  receiver *self = handle->data;
  napi_delete_reference(self->env, self->on_datagram);
  napi_delete_reference(self->env, self->on_error);
  free(self);
}

static void stop_receiver(void *data) {
  receiver *self = data;
  if (self->fd < 0) return;
  uv_poll_stop(&self->poll);
  close(self->fd);
  self->fd = -1;
  uv_close((uv_handle_t *)&self->poll, free_receiver);
}

/* receive(fd, onDatagram, onError): handle. The fd belongs to the handle from now on. */
static napi_value receive(napi_env env, napi_callback_info info) {
  napi_value arguments[3], handle;
  int32_t fd;
  uv_loop_t *loop;
  if (!lvs_arguments(env, info, 3, arguments)) return NULL;
  if (!lvs_int(env, arguments[0], "fd", &fd)) return NULL;
  if (!lvs_function(env, arguments[1], "onDatagram")) return NULL;
  if (!lvs_function(env, arguments[2], "onError")) return NULL;
  receiver *self = calloc(1, sizeof *self);
  if (!self) return lvs_throw(env, ENOMEM, "calloc");
  self->env = env;
  self->fd = fd;
  self->poll.data = self;
  napi_get_uv_event_loop(env, &loop);
  int error = uv_poll_init(loop, &self->poll, fd);
  if (error) {
    free(self);
    return lvs_throw(env, -error, "uv_poll_init");
  }
  napi_create_reference(env, arguments[1], 1, &self->on_datagram);
  napi_create_reference(env, arguments[2], 1, &self->on_error);
  uv_poll_start(&self->poll, UV_READABLE, on_readable);
  napi_add_env_cleanup_hook(env, stop_receiver, self);
  napi_create_external(env, self, NULL, NULL, &handle);
  return handle;
}

/* stopReceiving(handle): closes its fd too; at most once a handle. */
static napi_value stop_receiving(napi_env env, napi_callback_info info) {
  napi_value argument;
  receiver *self;
  if (!lvs_arguments(env, info, 1, &argument)) return NULL;
  if (napi_get_value_external(env, argument, (void **)&self) != napi_ok) {
    napi_throw_type_error(env, "ERR_INVALID_ARG_TYPE", "handle must be of receive");
    return NULL;
  }
  napi_remove_env_cleanup_hook(env, stop_receiver, self);
  stop_receiver(self);
  return lvs_undefined(env);
}

/* closeDescriptor(fd) */
static napi_value close_descriptor(napi_env env, napi_callback_info info) {
  napi_value argument;
  int32_t fd;
  if (!lvs_arguments(env, info, 1, &argument)) return NULL;
  if (!lvs_int(env, argument, "fd", &fd)) return NULL;
  if (close(fd) < 0) return lvs_throw(env, errno, "close");
  return lvs_undefined(env);
}

void lvs_receive(napi_env env, napi_value exports) {
  lvs_export(env, exports, "receive", receive);
  lvs_export(env, exports, "stopReceiving", stop_receiving);
  lvs_export(env, exports, "closeDescriptor", close_descriptor);
}
