/**
 * DRM master: the one client of a card that may set modes (drivers/gpu/drm/drm_auth.c). The first to open a
 * card becomes master and stays it until it drops or closes; a desktop drops it while its VT is switched
 * away.
 */
import { isKernelError, type KernelError, UnsupportedError } from '../../errors';
import type { Kernel } from '../../native/kernel';
import { describeHolders } from '../device-holders';

/**
 * Makes `fd` master, or throws {@link UnsupportedError} that says who holds the card and how to free it.
 * @param path of the card.
 */
export function becomeMaster(kernel: Kernel, fd: number, path: string): void {
  if (kernel.drmIsMaster(fd)) return;
  try {
    kernel.drmSetMaster(fd);
  } catch (error) {
    // EBUSY: another client is master. EACCES: not root, never was master by this fd. EINVAL: a lease.
    if (isKernelError(error, 'EBUSY', 'EACCES', 'EPERM', 'EINVAL')) throw notMaster(kernel, fd, path, error);
    throw error;
  }
}

/** The error for what was refused because another client is DRM master. */
export function notMaster(kernel: Kernel, fd: number, path: string, cause: KernelError): UnsupportedError {
  const holders = describeHolders(kernel, path, fd);
  const who = holders === undefined ? `\`sudo fuser -v ${path}\` names it` : `the card is open in ${holders}`;
  return new UnsupportedError(
    `${path} is in use: another program is DRM master, so this one may not set modes ` +
      `(${cause.syscall}: ${cause.code}); ${who}. Stop that program ` +
      '(a desktop: `sudo systemctl stop display-manager`), or switch to a text console (Ctrl+Alt+F3) and start ' +
      'there, or choose another card, or use an fd that the desktop leases.',
    { cause },
  );
}
