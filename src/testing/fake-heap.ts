import { Errno } from './errno';
import { FakePages } from './fake-dma-buf';
import type { FakeDevice, FileSubject } from './fake-tree';

/** A region of memory that one or several heaps allocate from: the system's, a CMA region. */
export class FakeRegion {
  used = 0;

  constructor(
    readonly bytes: number,
    readonly contiguous: boolean,
  ) {}

  /** Throws ENOMEM where it does not fit. */
  allocate(size: number): FakePages {
    if (this.used + size > this.bytes) throw new Errno('ENOMEM');
    this.used += size;
    return new FakePages(size, this.contiguous, () => {
      this.used -= size;
    });
  }
}

/** A heap as it is added to the fake kernel. */
export interface FakeHeapOptions {
  /** Whether its buffers are physically contiguous, as those of a CMA heap. */
  contiguous: boolean;
  /** Size of its region; allocations past it fail with ENOMEM. Default 64 MiB for contiguous heaps, else unlimited. */
  bytes?: number;
  /** Name of a heap that allocates from the same region: the same memory under another name. */
  aliasOf?: string;
}

/** A node under /dev/dma_heap. */
export class FakeHeap implements FakeDevice, FileSubject {
  constructor(
    readonly name: string,
    readonly region: FakeRegion,
  ) {}

  open(): FileSubject {
    return this;
  }

  release(): void {}
}
