/** Against the host's own kernel, reading only: what changes something is in test/lab. */
import { describe, expect, test } from 'vitest';
import { openNetwork } from '../../src/kernel/network.ts';

describe('the network of this host', () => {
  test('has a loopback interface, found by dump and by name', async () => {
    const network = openNetwork();
    try {
      const loopback = (await network.readLinks()).find((link) => link.loopback);
      expect(loopback).toMatchObject({ index: 1, name: 'lo' });
      expect(await network.readLink('lo')).toEqual(loopback);
      expect(await network.readLink('no-such-link')).toBeNull();
    } finally {
      network.close();
    }
  });

  test('tells of its addresses', async () => {
    const network = openNetwork();
    try {
      const links = new Set((await network.readLinks()).map(({ index }) => index));
      for (const { interfaceIndex } of await network.readAddresses()) {
        expect(links).toContain(interfaceIndex);
      }
    } finally {
      network.close();
    }
  });
});
