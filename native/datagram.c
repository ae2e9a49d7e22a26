/* UDP sockets of BFD and of the link between directors (udp(7), ip(7), ipv6(7)): what is sent has a hop limit of its own, and what comes tells
   the one that it has left, as ancillary data (receive.c). */
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
enum { TRAFFIC_CLASS = 0xc0, HOP_LIMIT_MAX = 255 };

typedef union {
  struct sockaddr any;
  struct sockaddr_in v4;
  struct sockaddr_in6 v6;
} endpoint;

/* Its length, or 0: the text is no address. */
static socklen_t read_endpoint(const char *text, int32_t port, endpoint *result) {
  *result = (endpoint){0};
  if (inet_pton(AF_INET, text, &result->v4.sin_addr) == 1) {
    result->v4.sin_family = AF_INET;
    result->v4.sin_port = htons(port);
    return sizeof result->v4;
  }
  if (inet_pton(AF_INET6, text, &result->v6.sin6_addr) != 1) return 0;
  result->v6.sin6_family = AF_INET6;
  result->v6.sin6_port = htons(port);
  return sizeof result->v6;
}

static int set(int fd, int level, int option, int value) {
  return setsockopt(fd, level, option, &value, sizeof value);
}

/* What failed, or NULL. */
static const char *prepare(int fd, int family, int hop_limit) {
  if (family == AF_INET) {
    if (set(fd, IPPROTO_IP, IP_TTL, hop_limit) < 0 || set(fd, IPPROTO_IP, IP_TOS, TRAFFIC_CLASS) < 0)
      return "setsockopt IP_TTL";
    if (set(fd, IPPROTO_IP, IP_RECVTTL, 1) < 0 || set(fd, IPPROTO_IP, IP_PKTINFO, 1) < 0)
      return "setsockopt IP_RECVTTL";
    return NULL;
  }
  if (set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1) < 0) return "setsockopt IPV6_V6ONLY";
  if (set(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, hop_limit) < 0 ||
      set(fd, IPPROTO_IPV6, IPV6_TCLASS, TRAFFIC_CLASS) < 0)
    return "setsockopt IPV6_UNICAST_HOPS";
  if (set(fd, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1) < 0 ||
      set(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1) < 0)
    return "setsockopt IPV6_RECVHOPLIMIT";
  return NULL;
}

/* openDatagramSocket(address, port, hopLimit): fd */
static napi_value open_socket(napi_env env, napi_callback_info info) {
  napi_value arguments[3], result;
  char text[INET6_ADDRSTRLEN];
  int32_t port, hop_limit;
  endpoint local;
  if (!lvs_arguments(env, info, 3, arguments)) return NULL;
  if (!lvs_string(env, arguments[0], "address", text, sizeof text)) return NULL;
  if (!lvs_int(env, arguments[1], "port", &port)) return NULL;
  if (!lvs_int(env, arguments[2], "hopLimit", &hop_limit)) return NULL;
  socklen_t length = read_endpoint(text, port, &local);
  if (length == 0) return lvs_throw(env, EINVAL, "inet_pton");
  int family = local.any.sa_family;
  int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return lvs_throw(env, errno, "socket");
  const char *failed = prepare(fd, family, hop_limit);
  if (!failed && bind(fd, &local.any, length) < 0) failed = "bind";
  if (failed) {
    int error = errno;
    close(fd);
    return lvs_throw(env, error, failed);
  }
  napi_create_int32(env, fd, &result);
  return result;
}

/* Datagrams of one interface only, and those to a group there. What failed, or NULL. */
static const char *bind_to_link(int fd, const char *link, int32_t index, const endpoint *local) {
  if (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, link, (socklen_t)strlen(link) + 1) < 0)
    return "setsockopt SO_BINDTODEVICE";
  if (local->any.sa_family == AF_INET) {
    struct ip_mreqn from = {.imr_address = local->v4.sin_addr, .imr_ifindex = index};
    if (setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &from, sizeof from) < 0)
      return "setsockopt IP_MULTICAST_IF";
    if (set(fd, IPPROTO_IP, IP_MULTICAST_TTL, HOP_LIMIT_MAX) < 0 ||
        set(fd, IPPROTO_IP, IP_MULTICAST_LOOP, 0) < 0)
      return "setsockopt IP_MULTICAST_TTL";
    return NULL;
  }
  if (set(fd, IPPROTO_IPV6, IPV6_MULTICAST_IF, index) < 0) return "setsockopt IPV6_MULTICAST_IF";
  if (set(fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, HOP_LIMIT_MAX) < 0 ||
      set(fd, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, 0) < 0)
    return "setsockopt IPV6_MULTICAST_HOPS";
  return NULL;
}

static const char *join(int fd, int32_t index, const endpoint *group) {
  int joined;
  if (group->any.sa_family == AF_INET) {
    struct ip_mreqn wanted = {.imr_multiaddr = group->v4.sin_addr, .imr_ifindex = index};
    joined = setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &wanted, sizeof wanted);
  } else {
    struct ipv6_mreq wanted = {.ipv6mr_multiaddr = group->v6.sin6_addr,
                               .ipv6mr_interface = (unsigned)index};
    joined = setsockopt(fd, IPPROTO_IPV6, IPV6_ADD_MEMBERSHIP, &wanted, sizeof wanted);
  }
  return joined < 0 ? "setsockopt IP_ADD_MEMBERSHIP" : NULL;
}

/* openLinkSocket(source, port, interfaceName, interfaceIndex, group): fd. With a group ("": none) it hears
   whatever comes to the port on the interface, else what comes to `source`. */
static napi_value open_link_socket(napi_env env, napi_callback_info info) {
  napi_value arguments[5], result;
  char source[INET6_ADDRSTRLEN], link[IFNAMSIZ], group_text[INET6_ADDRSTRLEN];
  int32_t port, index;
  endpoint local, group = {0};
  if (!lvs_arguments(env, info, 5, arguments)) return NULL;
  if (!lvs_string(env, arguments[0], "source", source, sizeof source)) return NULL;
  if (!lvs_int(env, arguments[1], "port", &port)) return NULL;
  if (!lvs_string(env, arguments[2], "interfaceName", link, sizeof link)) return NULL;
  if (!lvs_int(env, arguments[3], "interfaceIndex", &index)) return NULL;
  if (!lvs_string(env, arguments[4], "group", group_text, sizeof group_text)) return NULL;
  socklen_t length = read_endpoint(source, port, &local);
  if (length == 0) return lvs_throw(env, EINVAL, "inet_pton");
  bool has_group = group_text[0] != '\0';
  if (has_group && read_endpoint(group_text, port, &group) != length)
    return lvs_throw(env, EINVAL, "inet_pton");
  int family = local.any.sa_family;
  int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return lvs_throw(env, errno, "socket");
  const char *failed = prepare(fd, family, HOP_LIMIT_MAX);
  if (!failed) failed = bind_to_link(fd, link, index, &local);
  endpoint any = {0};
  any.any.sa_family = (sa_family_t)family;
  /* The same place in both families. */
  any.v4.sin_port = htons((uint16_t)port);
  if (family == AF_INET6) local.v6.sin6_scope_id = (uint32_t)index;
  if (!failed && bind(fd, has_group ? &any.any : &local.any, length) < 0) failed = "bind";
  if (!failed && has_group) failed = join(fd, index, &group);
  if (failed) {
    int error = errno;
    close(fd);
    return lvs_throw(env, error, failed);
  }
  napi_create_int32(env, fd, &result);
  return result;
}

/* sendDatagram(fd, octets, destination, port) */
static napi_value send_datagram(napi_env env, napi_callback_info info) {
  napi_value arguments[4];
  char text[INET6_ADDRSTRLEN];
  int32_t fd, port;
  uint8_t *data;
  size_t octets;
  endpoint remote;
  if (!lvs_arguments(env, info, 4, arguments)) return NULL;
  if (!lvs_int(env, arguments[0], "fd", &fd)) return NULL;
  if (!lvs_bytes(env, arguments[1], "octets", &data, &octets)) return NULL;
  if (!lvs_string(env, arguments[2], "destination", text, sizeof text)) return NULL;
  if (!lvs_int(env, arguments[3], "port", &port)) return NULL;
  socklen_t length = read_endpoint(text, port, &remote);
  if (length == 0) return lvs_throw(env, EINVAL, "inet_pton");
  if (sendto(fd, data, octets, MSG_DONTWAIT, &remote.any, length) < 0)
    return lvs_throw(env, errno, "sendto");
  return lvs_undefined(env);
}

void lvs_datagram(napi_env env, napi_value exports) {
  lvs_export(env, exports, "openDatagramSocket", open_socket);
  lvs_export(env, exports, "openLinkSocket", open_link_socket);
  lvs_export(env, exports, "sendDatagram", send_datagram);
}
