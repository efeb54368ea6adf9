/** Running a command as somebody else than root. */
import { statSync } from 'node:fs';
import { checkout } from './program';

/**
 * The command, run as somebody who is bound by permissions and can read the checkout: as its owner, without a capability
 * where that is root. Another user may not get at it, if it lies in root's home.
 */
export function asUser(...command: readonly string[]): string[] {
  const { uid, gid } = statSync(checkout);
  const user = [`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups'];
  return ['setpriv', ...user, '--inh-caps=-all', '--bounding-set=-all', ...command];
}
