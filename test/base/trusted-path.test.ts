/** Who could change a script: every part of its path, on a file system made of a table. */
import { describe, expect, test } from 'vitest';
import { inspectPath, type PathPort } from '../../src/base/trusted-path.ts';

type Entry =
  | readonly [kind: 'dir' | 'file', mode: number, uid?: number]
  | readonly ['link', string];

const GOOD: Readonly<Record<string, Entry>> = {
  '/': ['dir', 0o755],
  '/etc': ['dir', 0o755],
  '/etc/lvsd': ['dir', 0o755],
  '/etc/lvsd/notify': ['file', 0o755],
  '/bin': ['link', 'usr/bin'],
  '/usr': ['dir', 0o755],
  '/usr/bin': ['dir', 0o755],
  '/usr/bin/true': ['file', 0o755],
  '/tmp': ['dir', 0o1777],
};

function machine(changed: Readonly<Record<string, Entry>> = {}): PathPort {
  const entries = { ...GOOD, ...changed };
  const find = (path: string): Entry => {
    const entry = entries[path];
    if (entry === undefined) throw Object.assign(new Error(path), { code: 'ENOENT' });
    return entry;
  };
  return {
    lstat: (path) => {
      const entry = find(path);
      const isLink = entry[0] === 'link';
      return {
        uid: isLink ? 0 : (entry[2] ?? 0),
        mode: isLink ? 0o777 : entry[1],
        isSymbolicLink: () => isLink,
        isDirectory: () => entry[0] === 'dir',
        isFile: () => entry[0] === 'file',
      };
    },
    readlink: (path) => String(find(path)[1]),
  };
}

const NOTIFY = '/etc/lvsd/notify';

test('only root can change it', () => {
  expect(inspectPath(NOTIFY, machine())).toEqual({ unsafe: null, isSetuidRoot: false });
  expect(inspectPath('/etc/./lvsd/../lvsd//notify', machine())).toMatchObject({ unsafe: null });
});

test('a directory that is a link is followed, as /bin is', () => {
  expect(inspectPath('/bin/true', machine())).toMatchObject({ unsafe: null });
});

describe('others can change', () => {
  test.each([
    ['the file', NOTIFY, { [NOTIFY]: ['file', 0o775] }, `${NOTIFY} can be written by its group`],
    ['the file', NOTIFY, { [NOTIFY]: ['file', 0o757] }, `${NOTIFY} can be written by everybody`],
    ['its owner', NOTIFY, { [NOTIFY]: ['file', 0o755, 1000] }, `${NOTIFY} belongs to user 1000`],
    ['a folder on the way', NOTIFY, { '/etc': ['dir', 0o777] }, '/etc can be written by everybody'],
    [
      'whose the folder is',
      NOTIFY,
      { '/etc/lvsd': ['dir', 0o755, 33] },
      '/etc/lvsd belongs to user 33',
    ],
    [
      'where a link leads',
      '/etc/lvsd/link',
      {
        '/etc/lvsd/link': ['link', '/srv/run'],
        '/srv': ['dir', 0o777],
        '/srv/run': ['file', 0o755],
      },
      '/srv can be written by everybody',
    ],
  ] as const)('%s', (_, path, changed, sentence) => {
    const port = machine(changed as unknown as Record<string, Entry>);
    expect(inspectPath(path, port)).toMatchObject({ unsafe: sentence });
  });

  test('what is theirs in a sticky folder, and not what is root’s', () => {
    const mine = machine({ '/tmp/x': ['file', 0o755, 0] });
    const theirs = machine({ '/tmp/x': ['file', 0o755, 1000] });
    expect(inspectPath('/tmp/x', mine)).toMatchObject({ unsafe: null });
    expect(inspectPath('/tmp/x', theirs)).toMatchObject({ unsafe: '/tmp/x belongs to user 1000' });
  });
});

test('a file that runs as root whoever starts it', () => {
  const port = machine({ [NOTIFY]: ['file', 0o4755] });
  expect(inspectPath(NOTIFY, port)).toMatchObject({ isSetuidRoot: true });
});

describe('what cannot be run', () => {
  test.each([
    ['a relative path', 'notify', {}, /no absolute path/],
    ['nothing', '/etc/lvsd/none', {}, /ENOENT/],
    ['a folder', '/etc/lvsd', {}, /no regular file/],
    ['a file that is not executable', NOTIFY, { [NOTIFY]: ['file', 0o644] }, /not executable/],
    ['a file taken for a folder', '/etc/lvsd/notify/x', {}, /no directory/],
    ['a circle of links', '/a', { '/a': ['link', 'b'], '/b': ['link', 'a'] }, /too many links/],
    ['the root', '/', {}, /no regular file/],
  ] as const)('%s', (_, path, changed, why) => {
    const port = machine(changed as unknown as Record<string, Entry>);
    expect(inspectPath(path, port)).toMatchObject({ unusable: expect.stringMatching(why) });
  });
});
