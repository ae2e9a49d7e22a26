/* Raw IPv6 sockets (RFC 3542): the header never comes with a datagram, so what VRRP must know of it,
   the hop limit and the receiving interface, comes as ancillary data (receive.c). */
#define _GNU_SOURCE
#include "addon.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Class selector 6, network control. */
enum { HOP_LIMIT = 255, TRAFFIC_CLASS = 0xc0 };

static int set(int fd, int option, int value) {
  return setsockopt(fd, IPPROTO_IPV6, option, &value, sizeof value);
}

/* What failed, or NULL. */
static const char *prepare(int fd, const char *interface, int32_t index, const struct in6_addr *group) {
  struct ipv6_mreq membership = {.ipv6mr_multiaddr = *group, .ipv6mr_interface = index};
  if (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, interface, strlen(interface) + 1) < 0)
    return "setsockopt SO_BINDTODEVICE";
  if (setsockopt(fd, IPPROTO_IPV6, IPV6_JOIN_GROUP, &membership, sizeof membership) < 0)
    return "setsockopt IPV6_JOIN_GROUP";
  if (set(fd, IPV6_RECVHOPLIMIT, 1) < 0 || set(fd, IPV6_RECVPKTINFO, 1) < 0)
    return "setsockopt IPV6_RECVHOPLIMIT";
  if (set(fd, IPV6_MULTICAST_IF, index) < 0 || set(fd, IPV6_MULTICAST_HOPS, HOP_LIMIT) < 0 ||
      set(fd, IPV6_MULTICAST_LOOP, 0) < 0 || set(fd, IPV6_TCLASS, TRAFFIC_CLASS) < 0)
    return "setsockopt IPV6_MULTICAST_IF";
  return NULL;
}

/* openRawSocket6(protocol, interface, interfaceIndex, group): fd */
static napi_value open_socket(napi_env env, napi_callback_info info) {
  napi_value arguments[4], result;
  char interface[IFNAMSIZ], text[INET6_ADDRSTRLEN];
  int32_t protocol, index;
  struct in6_addr group;
  if (!lvs_arguments(env, info, 4, arguments)) return NULL;
  if (!lvs_int(env, arguments[0], "protocol", &protocol)) return NULL;
  if (!lvs_string(env, arguments[1], "interface", interface, sizeof interface)) return NULL;
  if (!lvs_int(env, arguments[2], "interfaceIndex", &index)) return NULL;
  if (!lvs_string(env, arguments[3], "group", text, sizeof text)) return NULL;
  if (inet_pton(AF_INET6, text, &group) != 1) return lvs_throw(env, EINVAL, "inet_pton");
  int fd = socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
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

/* sendDatagram6(fd, octets, destination, source, interfaceIndex): the source is an address of ours. */
static napi_value send_datagram(napi_env env, napi_callback_info info) {
  napi_value arguments[5];
  char to[INET6_ADDRSTRLEN], from[INET6_ADDRSTRLEN];
  int32_t fd, index;
  uint8_t *data;
  size_t length;
  struct sockaddr_in6 destination = {.sin6_family = AF_INET6};
  struct in6_pktinfo source;
  _Alignas(struct cmsghdr) uint8_t control[CMSG_SPACE(sizeof source)] = {0};
  if (!lvs_arguments(env, info, 5, arguments)) return NULL;
  if (!lvs_int(env, arguments[0], "fd", &fd)) return NULL;
  if (!lvs_bytes(env, arguments[1], "octets", &data, &length)) return NULL;
  if (!lvs_string(env, arguments[2], "destination", to, sizeof to)) return NULL;
  if (!lvs_string(env, arguments[3], "source", from, sizeof from)) return NULL;
  if (!lvs_int(env, arguments[4], "interfaceIndex", &index)) return NULL;
  if (inet_pton(AF_INET6, to, &destination.sin6_addr) != 1 ||
      inet_pton(AF_INET6, from, &source.ipi6_addr) != 1)
    return lvs_throw(env, EINVAL, "inet_pton");
  destination.sin6_scope_id = index;
  source.ipi6_ifindex = index;
  struct iovec part = {.iov_base = data, .iov_len = length};
  struct msghdr message = {.msg_name = &destination,
                           .msg_namelen = sizeof destination,
                           .msg_iov = &part,
                           .msg_iovlen = 1,
                           .msg_control = control,
                           .msg_controllen = sizeof control};
  struct cmsghdr *header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = IPPROTO_IPV6;
  header->cmsg_type = IPV6_PKTINFO;
  header->cmsg_len = CMSG_LEN(sizeof source);
  memcpy(CMSG_DATA(header), &source, sizeof source);
  if (sendmsg(fd, &message, MSG_DONTWAIT) < 0) return lvs_throw(env, errno, "sendmsg");
  return lvs_undefined(env);
}

void lvs_ancillary(napi_env env, napi_value exports) {
  lvs_export(env, exports, "openRawSocket6", open_socket);
  lvs_export(env, exports, "sendDatagram6", send_datagram);
}
