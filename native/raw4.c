/* Raw IPv4 sockets of which we write the header ourselves (raw(7), IP_HDRINCL): source, time to live and
   identification are the sender's to choose, and an authentication header covers them. */
#define _GNU_SOURCE
#include "addon.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/pkt_sched.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { HEADER_OCTETS_MIN = 20, DESTINATION_OFFSET = 16 };

static int set(int fd, int level, int option, int value) {
  return setsockopt(fd, level, option, &value, sizeof value);
}

/* What failed, or NULL. A socket without group hears no multicast. */
static const char *prepare(int fd, const char *interface, int32_t index, const struct in_addr *group) {
  struct ip_mreqn membership = {.imr_multiaddr = *group, .imr_ifindex = index};
  struct ip_mreqn outgoing = {.imr_ifindex = index};
  if (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, interface, strlen(interface) + 1) < 0)
    return "setsockopt SO_BINDTODEVICE";
  if (set(fd, IPPROTO_IP, IP_HDRINCL, 1) < 0) return "setsockopt IP_HDRINCL";
  if (set(fd, IPPROTO_IP, IP_MULTICAST_ALL, 0) < 0) return "setsockopt IP_MULTICAST_ALL";
  if (group->s_addr != INADDR_ANY &&
      setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &membership, sizeof membership) < 0)
    return "setsockopt IP_ADD_MEMBERSHIP";
  if (setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &outgoing, sizeof outgoing) < 0)
    return "setsockopt IP_MULTICAST_IF";
  if (set(fd, IPPROTO_IP, IP_MULTICAST_LOOP, 0) < 0) return "setsockopt IP_MULTICAST_LOOP";
  if (set(fd, SOL_SOCKET, SO_PRIORITY, TC_PRIO_CONTROL) < 0) return "setsockopt SO_PRIORITY";
  return NULL;
}

/* openRawSocket4(protocol, interface, interfaceIndex, group): fd; an empty group joins none */
static napi_value open_socket(napi_env env, napi_callback_info info) {
  napi_value arguments[4], result;
  char interface[IFNAMSIZ], text[INET_ADDRSTRLEN];
  int32_t protocol, index;
  struct in_addr group = {INADDR_ANY};
  if (!lvs_arguments(env, info, 4, arguments)) return NULL;
  if (!lvs_int(env, arguments[0], "protocol", &protocol)) return NULL;
  if (!lvs_string(env, arguments[1], "interface", interface, sizeof interface)) return NULL;
  if (!lvs_int(env, arguments[2], "interfaceIndex", &index)) return NULL;
  if (!lvs_string(env, arguments[3], "group", text, sizeof text)) return NULL;
  if (text[0] && inet_pton(AF_INET, text, &group) != 1) return lvs_throw(env, EINVAL, "inet_pton");
  int fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
  if (fd < 0) return lvs_throw(env, errno, "socket");
  const char *failed = prepare(fd, interface, index, &group);
  if (failed) {
    int error = errno;
    close(fd);
    return lvs_throw(env, error, failed);
  }
  napi_create_int32(env, fd, &result);
  return result;
}

/* sendPacket4(fd, packet): to the destination in its header */
static napi_value send_packet(napi_env env, napi_callback_info info) {
  napi_value arguments[2];
  int32_t fd;
  uint8_t *data;
  size_t length;
  struct sockaddr_in destination = {.sin_family = AF_INET};
  if (!lvs_arguments(env, info, 2, arguments)) return NULL;
  if (!lvs_int(env, arguments[0], "fd", &fd)) return NULL;
  if (!lvs_bytes(env, arguments[1], "packet", &data, &length)) return NULL;
  if (length < HEADER_OCTETS_MIN) return lvs_throw(env, EINVAL, "packet");
  memcpy(&destination.sin_addr, data + DESTINATION_OFFSET, sizeof destination.sin_addr);
  ssize_t sent = sendto(fd, data, length, MSG_DONTWAIT, (struct sockaddr *)&destination, sizeof destination);
  if (sent < 0) return lvs_throw(env, errno, "sendto");
  return lvs_undefined(env);
}

void lvs_raw4(napi_env env, napi_value exports) {
  lvs_export(env, exports, "openRawSocket4", open_socket);
  lvs_export(env, exports, "sendPacket4", send_packet);
}
