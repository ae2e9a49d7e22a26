/* Packet sockets (packet(7)): frames as they are on the link, for ARP and neighbour discovery. */
#define _GNU_SOURCE
#include "addon.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { FILTER_LENGTH_MAX = 256 };

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

/* joinEthernetGroup(fd, interfaceIndex, mac): frames to this group come in; nothing is sent for it (no IGMP, no MLD) */
static napi_value join_group(napi_env env, napi_callback_info info) {
  napi_value arguments[3];
  int32_t fd, index;
  uint8_t *mac;
  size_t length;
  if (!lvs_arguments(env, info, 3, arguments)) return NULL;
  if (!lvs_int(env, arguments[0], "fd", &fd)) return NULL;
  if (!lvs_int(env, arguments[1], "interfaceIndex", &index)) return NULL;
  if (!lvs_bytes(env, arguments[2], "mac", &mac, &length)) return NULL;
  if (length != ETH_ALEN) return lvs_throw(env, EINVAL, "mac");
  struct packet_mreq request = {
      .mr_ifindex = index, .mr_type = PACKET_MR_MULTICAST, .mr_alen = ETH_ALEN};
  memcpy(request.mr_address, mac, ETH_ALEN);
  if (setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &request, sizeof request) < 0)
    return lvs_throw(env, errno, "setsockopt PACKET_ADD_MEMBERSHIP");
  return lvs_undefined(env);
}

void lvs_packet(napi_env env, napi_value exports) {
  lvs_export(env, exports, "openPacketSocket", open_socket);
  lvs_export(env, exports, "sendFrame", send_frame);
  lvs_export(env, exports, "attachFilter", attach_filter);
  lvs_export(env, exports, "joinEthernetGroup", join_group);
}
