import type { FakeDevice, FileSubject } from './fake-tree';

/** /dev/udmabuf. */
export class FakeUdmabuf implements FakeDevice, FileSubject {
  open(): FileSubject {
    return this;
  }

  release(): void {}
}

/** What a memfd is to the fake kernel: pages that only the CPU can use. */
export const MEMFD = 'memfd';
