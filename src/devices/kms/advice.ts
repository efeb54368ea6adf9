/** What to do when a display fails while frames flow. */
import type { KernelError } from '../../errors';
import type { Display } from './display';

export function adviseDisplay(error: KernelError, display: Display): KernelError {
  const advice = adviceFor(error, display);
  return advice === undefined ? error : error.advise(advice, display.card.path);
}

function adviceFor(error: KernelError, display: Display): string | undefined {
  switch (error.code) {
    case 'EACCES':
    case 'EPERM':
      return `Another program became DRM master of ${display.card.name}: stop it, or start this one on a virtual terminal of its own.`;
    case 'ENODEV':
      return `The card of ${display.name} is gone: plug it in again, then restart.`;
    case 'ENOSPC':
    case 'EINVAL':
      return `${display.name} refused a frame that its test commit took: the display may have been unplugged or its mode changed. Restart.`;
    case 'ETIMEDOUT':
      return `${display.name} took a frame but never showed it: the display may have been switched off (\`dmesg\` says more).`;
    default:
      return undefined;
  }
}
