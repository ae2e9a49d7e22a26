/** A `vrrp_script` block. */
import type { VrrpScript } from '../../../model/vrrp.ts';
import type { Section } from '../../values/section.ts';
import { readScript, resolveAccount, type ScriptContext } from '../scripts.ts';
import { nameOf } from './names.ts';
import { weightOf } from './tracks.ts';

export function buildScript(section: Section, context: ScriptContext): VrrpScript | null {
  const name = nameOf(section);
  const [user, group] = section.words('user');
  const account =
    user === undefined
      ? context.account
      : resolveAccount(
          user.span,
          user.text,
          group?.text ?? null,
          context.environment,
          context.reports,
        );
  const script = readScript(section, 'script', context);
  if (!section.mentions('script')) {
    context.reports.add({
      code: 'missing-keyword',
      span: section.span,
      message: `vrrp_script ${name} has no "script"`,
      hint: 'script "/path/program argument"; a line that begins with @ID counts with --config-id ID only',
    });
  }
  if (script === null || account === undefined) return null;
  const { weightDelta, reverse } = weightOf(section.said('weight')[0]);
  const intervalMs = (section.number('interval') ?? 1) * 1000;
  return {
    name,
    script: { ...script, account },
    intervalMs,
    timeoutMs: (section.number('timeout') ?? 0) * 1000 || intervalMs,
    weightDelta,
    reverse,
    rise: section.number('rise') ?? 1,
    fall: section.number('fall') ?? 1,
    initFail: section.has('init_fail'),
  };
}
