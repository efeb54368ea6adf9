/**
 * The proof that nothing is copied. Zero copy: between the device that makes a frame and the sinks that take it no CPU writes a byte of
 * it anywhere. Reading in place is no copy, and is counted; what a sink does to take a frame (a file's write) lies behind its link.
 */
import { CopyError } from '../errors';
import type { LinkStats } from './link-stats';

export interface ZeroCopyOptions {
  /**
   * Lets stages write into the frames in place, such as to draw on them. False by default: a function that may write can copy pixels
   * from elsewhere, and no counter tells the difference.
   */
  allowWrites?: boolean;
}

/**
 * Throws for the first link on which a CPU copies or writes, by what it is built to do and by what was counted.
 * @throws CopyError
 */
export function assertZeroCopy(links: readonly LinkStats[], options: ZeroCopyOptions = {}): void {
  for (const { from, to, copyReason, copies, access = 'read', cpuWrites } of links) {
    if (copyReason !== undefined) {
      throw new CopyError(from, to, `${copyReason}${copies > 0 ? ` (${copies} frames so far)` : ''}`);
    }
    if (options.allowWrites || (access === 'read' && cpuWrites === 0)) continue;
    throw new CopyError(
      from,
      to,
      `'${to}' declares CPU access '${access}', and opened ${cpuWrites} frames for writing so far: declare 'read' where it only ` +
        'looks, or allow it to write in place with assertZeroCopy({ allowWrites: true })',
    );
  }
}
