/** Another director of ours that is heard on the link between directors. */
export interface PeerLink {
  /** 16 hexadecimal digits that no other life of any process has. */
  readonly life: string;
  readonly address: string;
  /** Both share a key there; without one nothing is told to it but what hand-overs need. */
  readonly isSigned: boolean;
}
