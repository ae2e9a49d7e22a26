/* Packet sockets (packet(7)): frames as they are on the link, for ARP and neighbour discovery. */
#define _GNU_SOURCE
#include "addon.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

enum { FRAME_OCTETS_MAX = 2048, FRAMES_A_TURN = 64, FILTER_LENGTH_MAX = 256 };

typedef struct {
  uv_poll_t poll;
  int fd;
  napi_env env;
  napi_ref on_frame;
} receiver;

/* openPacketSocket(interfaceIndex, etherType): fd */
static napi_value open_socket(napi_env env, napi_callback_info info) {
  napi_value arguments[2];
  int32_t index, type;
  if (!lvs_arguments(env, info, 2, arguments)) return NULL;
  if (!lvs_int(env, arguments[0], "interfaceIndex", &index)) return NULL;
  if (!lvs_int(env, arguments[1], "etherType", &type)) return NULL;
  int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return lvs_throw(env, errno, "socket");
  struct sockaddr_ll address = {
      .sll_family = AF_PACKET, .sll_protocol = htons(type), .sll_ifindex = index};
  if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0) {
    int error = errno;
    close(fd);
    return lvs_throw(env, error, "bind");
  }
  napi_value result;
  napi_create_int32(env, fd, &result);
  return result;
}

/* sendFrame(fd, frame) */
static napi_value send_frame(napi_env env, napi_callback_info info) {
  napi_value arguments[2];
  int32_t fd;
  uint8_t *data;
  size_t length;
  if (!lvs_arguments(env, info, 2, arguments)) return NULL;
  if (!lvs_int(env, arguments[0], "fd", &fd)) return NULL;
  if (!lvs_bytes(env, arguments[1], "frame", &data, &length)) return NULL;
  ssize_t sent = send(fd, data, length, MSG_DONTWAIT);
  /* A link that was down leaves its error in the socket: it says nothing about now. */
  if (sent < 0 && errno == ENETDOWN) sent = send(fd, data, length, MSG_DONTWAIT);
  if (sent < 0) return lvs_throw(env, errno, "send");
  return lvs_undefined(env);
}

/* attachFilter(fd, program): classic BPF, four 32-bit words an instruction: code, jt, jf, k. */
static napi_value attach_filter(napi_env env, napi_callback_info info) {
  napi_value arguments[2];
  int32_t fd;
  uint32_t words;
  if (!lvs_arguments(env, info, 2, arguments)) return NULL;
  if (!lvs_int(env, arguments[0], "fd", &fd)) return NULL;
  if (napi_get_array_length(env, arguments[1], &words) != napi_ok || words == 0 || words % 4 != 0 ||
      words / 4 > FILTER_LENGTH_MAX) {
    napi_throw_type_error(env, "ERR_INVALID_ARG_VALUE", "program must hold 1 to 256 instructions");
    return NULL;
  }
  struct sock_filter program[FILTER_LENGTH_MAX];
  uint32_t parts[4];
  for (uint32_t at = 0; at < words; at += 1) {
    napi_value element;
    napi_get_element(env, arguments[1], at, &element);
    if (napi_get_value_uint32(env, element, &parts[at % 4]) != napi_ok) {
      napi_throw_type_error(env, "ERR_INVALID_ARG_TYPE", "program must hold numbers");
      return NULL;
    }
    if (at % 4 == 3)
      program[at / 4] = (struct sock_filter){parts[0], parts[1], parts[2], parts[3]};
  }
  struct sock_fprog whole = {.len = words / 4, .filter = program};
  if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &whole, sizeof whole) < 0)
    return lvs_throw(env, errno, "setsockopt SO_ATTACH_FILTER");
  return lvs_undefined(env);
}

static void give_frame(receiver *self, const uint8_t *frame, size_t length) {
  napi_handle_scope scope;
  napi_value callback, buffer, global;
  napi_open_handle_scope(self->env, &scope);
  napi_get_reference_value(self->env, self->on_frame, &callback);
  napi_get_global(self->env, &global);
  napi_create_buffer_copy(self->env, length, frame, NULL, &buffer);
  napi_make_callback(self->env, NULL, global, callback, 1, &buffer, NULL);
  bool thrown = false;
  napi_is_exception_pending(self->env, &thrown);
  if (thrown) {
    napi_value error;
    napi_get_and_clear_last_exception(self->env, &error);
    napi_fatal_exception(self->env, error);
  }
  napi_close_handle_scope(self->env, scope);
}

static void on_readable(uv_poll_t *poll, int status, int events) {
  receiver *self = poll->data;
  uint8_t frame[FRAME_OCTETS_MAX];
  if (status < 0) {
    /* The link went down: libuv has stopped the poll. The error is read away and hearing goes on. */
    int error;
    socklen_t size = sizeof error;
    getsockopt(self->fd, SOL_SOCKET, SO_ERROR, &error, &size);
    uv_poll_start(poll, UV_READABLE, on_readable);
    return;
  }
  if (!(events & UV_READABLE)) return;
  for (int count = 0; count < FRAMES_A_TURN && self->fd >= 0; count += 1) {
    ssize_t length = recv(self->fd, frame, sizeof frame, MSG_DONTWAIT);
    if (length < 0) return;
    give_frame(self, frame, (size_t)length);
  }
}

static void free_receiver(uv_handle_t *handle) {
  receiver *self = handle->data;
  if (self->on_frame) napi_delete_reference(self->env, self->on_frame);
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

/* receiveFrames(fd, onFrame): handle. The fd belongs to the handle from now on. */
static napi_value receive_frames(napi_env env, napi_callback_info info) {
  napi_value arguments[2], handle;
  int32_t fd;
  uv_loop_t *loop;
  if (!lvs_arguments(env, info, 2, arguments)) return NULL;
  if (!lvs_int(env, arguments[0], "fd", &fd)) return NULL;
  if (!lvs_function(env, arguments[1], "onFrame")) return NULL;
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
  napi_create_reference(env, arguments[1], 1, &self->on_frame);
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
    napi_throw_type_error(env, "ERR_INVALID_ARG_TYPE", "handle must be of receiveFrames");
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

void lvs_packet(napi_env env, napi_value exports) {
  lvs_export(env, exports, "openPacketSocket", open_socket);
  lvs_export(env, exports, "sendFrame", send_frame);
  lvs_export(env, exports, "attachFilter", attach_filter);
  lvs_export(env, exports, "receiveFrames", receive_frames);
  lvs_export(env, exports, "stopReceiving", stop_receiving);
  lvs_export(env, exports, "closeDescriptor", close_descriptor);
}
