import type { errnoNumber } from '../errors';

/** A name out of errno.h: `EBUSY`. */
export type ErrnoName = Parameters<typeof errnoNumber>[0];

/** How a part of the fake kernel refuses; the request it served turns it into a `KernelError`. */
export class Errno extends Error {
  override readonly name = 'Errno';

  constructor(readonly code: ErrnoName) {
    super(code);
  }
}
