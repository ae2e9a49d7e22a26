/** `lvsctl check --fix`: what is mended, and what is left alone. */
import { expect, test } from 'vitest';
import { edited, isWritable, renderEdits, safeEdits } from '../../src/config/diagnostics/fix.ts';
import { renderDiagnostics } from '../../src/config/diagnostics/render.ts';
import { load } from './world.ts';

const TEXT = `# a pool
virtual_server 192.0.2.10 80 {
\tlb_algo   rr   # old
    lb_kind DR
    protocol TCP // a remark; with a sign of another language
    real_server 198.51.100.21 80 {
        inhibit_on_failure ON
        weigth 2
    }
}
`;

test('old words and foreign remarks are mended; comments and layout stay; what keepalived reads otherwise is left', () => {
  const { diagnostics, sources } = load(TEXT);
  const edits = safeEdits(diagnostics);
  const [file] = sources;
  if (file === undefined) throw new Error('nothing was read');
  const mended = edited(file, edits);
  expect(mended).toBe(
    TEXT.replace('lb_algo  ', 'lvs_sched  ').replace('lb_kind', 'lvs_method').replace('//', '#'),
  );
  expect(renderEdits(edits)).toContain('- \tlb_algo   rr   # old\n+ \tlvs_sched   rr   # old\n');
  expect(safeEdits(load(mended).diagnostics)).toEqual([]);
});

test('a remark with braces behind it is left: they count, and a comment would take them', () => {
  const { diagnostics } = load(
    `virtual_server 192.0.2.10 80 {\n real_server 198.51.100.21 80 { TCP_CHECK { // }}\n}\n`,
  );
  expect(diagnostics.map(({ code }) => code)).toContain('comment-sign');
  expect(safeEdits(diagnostics)).toEqual([]);
});

test('a file that is no UTF-8 is not written back', () => {
  const [file] = load('# \ufffd\nglobal_defs {\n}\n').sources;
  expect(file && isWritable(file)).toBe(false);
});

test('what a definition has made is not touched', () => {
  const { diagnostics } = load(
    `$WORD=lb_algo\n$X=ON\nvirtual_server 192.0.2.10 80 {\n    \${WORD} rr\n    real_server 198.51.100.21 80 {\n    alpha $X\n}\n}\n`,
  );
  const told = diagnostics.flatMap(({ suggestion }) => suggestion ?? []);
  expect(told).toEqual(['lvs_sched', 'on']);
  expect(safeEdits(diagnostics)).toEqual([]);
});

test('no message shows a password', () => {
  const text = `vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    authentication {
        auth_type PASS
        auth_pass much-too-long-a-canary
    }
}
`;
  const said = renderDiagnostics(load(text).diagnostics, { colour: false });
  expect(said).toContain('auth_pass *');
  expect(said).not.toContain('canary');
});
