/** Which checker answers for which check. HTTP is loaded with the first HTTP check: it is large. */
import { invariant, unreachable } from '../base/error.ts';
import type { Aimed } from '../model/checker.ts';
import type { Attempt, Verdict } from './checker.ts';
import { checkTcp } from './checkers/tcp.ts';

/** Asks once what a check wants to know. */
export type Ask = (check: Aimed, at: number, attempt: Attempt) => Promise<Verdict>;

/** Asks once; `at` counts within the check's urls. */
export async function ask(check: Aimed, at: number, attempt: Attempt): Promise<Verdict> {
  switch (check.kind) {
    case 'tcp':
      return await checkTcp(check, attempt);
    case 'http': {
      const url = check.urls[at];
      invariant(url !== undefined, 'pacing counts within the urls of the check');
      const { checkHttp } = await import('./checkers/http.ts');
      return await checkHttp({ check, url }, attempt);
    }
    default:
      return unreachable(check);
  }
}
