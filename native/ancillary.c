/* Raw IPv6 sockets (RFC 3542): the header never comes with a datagram, so what VRRP must know of it,
   the hop limit and the receiving interface, comes as ancillary data (receive.c). */
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

/* Class selector 6, network control. */
enum { TRAFFIC_CLASS = 0xc0, ADDRESS_OCTETS = 16 };

#ifndef IPV6_MULTICAST_ALL
#define IPV6_MULTICAST_ALL 29
#endif

static int set(int fd, int option, int value) {
  return setsockopt(fd, IPPROTO_IPV6, option, &value, sizeof value);
}

/* What failed, or NULL. A socket without group hears no multicast. */
static const char *prepare(int fd, const char *interface, int32_t index, const struct in6_addr *group) {
  struct ipv6_mreq membership = {.ipv6mr_multiaddr = *group, .ipv6mr_interface = index};
  if (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, interface, strlen(interface) + 1) < 0)
    return "setsockopt SO_BINDTODEVICE";
  if (set(fd, IPV6_MULTICAST_ALL, 0) < 0) return "setsockopt IPV6_MULTICAST_ALL";
  if (!IN6_IS_ADDR_UNSPECIFIED(group) &&
      setsockopt(fd, IPPROTO_IPV6, IPV6_JOIN_GROUP, &membership, sizeof membership) < 0)
    return "setsockopt IPV6_JOIN_GROUP";
  if (set(fd, IPV6_RECVHOPLIMIT, 1) < 0 || set(fd, IPV6_RECVPKTINFO, 1) < 0)
    return "setsockopt IPV6_RECVHOPLIMIT";
  if (set(fd, IPV6_MULTICAST_IF, index) < 0 || set(fd, IPV6_MULTICAST_LOOP, 0) < 0 ||
      set(fd, IPV6_TCLASS, TRAFFIC_CLASS) < 0)
    return "setsockopt IPV6_MULTICAST_IF";
  int priority = TC_PRIO_CONTROL;
  if (setsockopt(fd, SOL_SOCKET, SO_PRIORITY, &priority, sizeof priority) < 0)
    return "setsockopt SO_PRIORITY";
  return NULL;
}

/* openRawSocket6(protocol, interface, interfaceIndex, group): fd; an empty group joins none */
static napi_value open_socket(napi_env env, napi_callback_info info) {
  napi_value arguments[4], result;
  char interface[IFNAMSIZ], text[INET6_ADDRSTRLEN];
  int32_t protocol, index;
  struct in6_addr group = IN6ADDR_ANY_INIT;
  if (!lvs_arguments(env, info, 4, arguments)) return NULL;
  if (!lvs_int(env, arguments[0], "protocol", &protocol)) return NULL;
  if (!lvs_string(env, arguments[1], "interface", interface, sizeof interface)) return NULL;
  if (!lvs_int(env, arguments[2], "interfaceIndex", &index)) return NULL;
  if (!lvs_string(env, arguments[3], "group", text, sizeof text)) return NULL;
  if (text[0] && inet_pton(AF_INET6, text, &group) != 1) return lvs_throw(env, EINVAL, "inet_pton");
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

static struct cmsghdr *put(struct cmsghdr *at, int type, const void *value, size_t size) {
  at->cmsg_level = IPPROTO_IPV6;
  at->cmsg_type = type;
  at->cmsg_len = CMSG_LEN(size);
  memcpy(CMSG_DATA(at), value, size);
  return at;
}

/* sendDatagram6(fd, octets, addresses, interfaceIndex, hopLimit): addresses are the destination and behind it the
   source, one of ours, 16 octets each. */
static napi_value send_datagram(napi_env env, napi_callback_info info) {
  napi_value arguments[5];
  int32_t fd, index, hop_limit;
  uint8_t *data, *addresses;
  size_t length, addresses_length;
  struct sockaddr_in6 destination = {.sin6_family = AF_INET6};
  struct in6_pktinfo source;
  _Alignas(struct cmsghdr) uint8_t control[CMSG_SPACE(sizeof source) + CMSG_SPACE(sizeof hop_limit)] = {0};
  if (!lvs_arguments(env, info, 5, arguments)) return NULL;
  if (!lvs_int(env, arguments[0], "fd", &fd)) return NULL;
  if (!lvs_bytes(env, arguments[1], "octets", &data, &length)) return NULL;
  if (!lvs_bytes(env, arguments[2], "addresses", &addresses, &addresses_length)) return NULL;
  if (!lvs_int(env, arguments[3], "interfaceIndex", &index)) return NULL;
  if (!lvs_int(env, arguments[4], "hopLimit", &hop_limit)) return NULL;
  if (addresses_length != 2 * ADDRESS_OCTETS) return lvs_throw(env, EINVAL, "addresses");
  memcpy(&destination.sin6_addr, addresses, ADDRESS_OCTETS);
  memcpy(&source.ipi6_addr, addresses + ADDRESS_OCTETS, ADDRESS_OCTETS);
  destination.sin6_scope_id = index;
  source.ipi6_ifindex = index;
  struct iovec part = {.iov_base = data, .iov_len = length};
  struct msghdr message = {.msg_name = &destination,
                           .msg_namelen = sizeof destination,
                           .msg_iov = &part,
                           .msg_iovlen = 1,
                           .msg_control = control,
                           .msg_controllen = sizeof control};
  struct cmsghdr *header = put(CMSG_FIRSTHDR(&message), IPV6_PKTINFO, &source, sizeof source);
  put(CMSG_NXTHDR(&message, header), IPV6_HOPLIMIT, &hop_limit, sizeof hop_limit);
  if (sendmsg(fd, &message, MSG_DONTWAIT) < 0) return lvs_throw(env, errno, "sendmsg");
  return lvs_undefined(env);
}

void lvs_ancillary(napi_env env, napi_value exports) {
  lvs_export(env, exports, "openRawSocket6", open_socket);
  lvs_export(env, exports, "sendDatagram6", send_datagram);
}
