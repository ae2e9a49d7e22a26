/** The link between directors of ours beside VRRP. */

/** Its UDP port unless `peer_link_port` says otherwise: of those that IANA has given to nobody. */
export const PEER_PORT = 51_120;
