/**
 * What a heap promises, on every heap of the board: our own cases for what the kernel's selftest covers
 * (tools/testing/selftests/dmabuf-heaps).
 */
import { readdirSync } from 'node:fs';
import { loadKernel } from 'dmaflow';
import { HEAP_DIRECTORY } from '../../../../src/allocators/heaps';
import {
  DMA_BUF_SYNC_END,
  DMA_BUF_SYNC_READ,
  DMA_BUF_SYNC_START,
  DMA_BUF_SYNC_WRITE,
} from '../../../../src/native/kernel';
import { cardOf } from '../../../support/board/devices';
import { allDmaBufs } from '../../../support/board/dma-bufs';
import { O_CLOEXEC, O_RDWR, requestOf } from '../../../support/board/heap-request';

const MIB = 2 ** 20;
const RW = DMA_BUF_SYNC_READ | DMA_BUF_SYNC_WRITE;

export function heapConformance(): void {
  describe.each(readdirSync(HEAP_DIRECTORY))('%s', (name) => {
    const path = `${HEAP_DIRECTORY}/${name}`;
    const kernel = loadKernel();
    let heap: number;
    let opened: number[];

    beforeEach(() => {
      heap = kernel.open(path, { access: 'read' });
      opened = [heap];
    });
    afterEach(() => {
      for (const fd of opened) kernel.close(fd);
    });

    function own(fd: number): number {
      opened.push(fd);
      return fd;
    }

    /** All bytes of a buffer, within a sync. */
    function withBytes(fd: number, length: number, body: (bytes: Buffer) => void): void {
      const mapping = kernel.dmaBufMap(fd, length);
      kernel.dmaBufSync(fd, DMA_BUF_SYNC_START | RW);
      body(Buffer.from(kernel.dmaBufView(mapping)));
      kernel.dmaBufDetach(mapping);
      kernel.dmaBufSync(fd, DMA_BUF_SYNC_END | RW);
      kernel.dmaBufUnmap(mapping);
    }

    it('gives a buffer that another device imports, and that the CPU still writes', () => {
      const buffer = own(kernel.heapAlloc(heap, MIB));
      withBytes(buffer, MIB, (bytes) => bytes.fill(1, 0, MIB / 2));
      const card = own(kernel.open(cardOf('vgem').path, { access: 'read-write' }));
      const handle = kernel.kmsPrimeImport(card, buffer);
      const importers = allDmaBufs().map(({ devices }) => devices);
      withBytes(buffer, MIB, (bytes) => {
        expect([bytes[0], bytes[MIB / 2 - 1], bytes[MIB / 2], bytes[MIB - 1]]).toEqual([1, 1, 0, 0]);
        bytes.fill(0xff);
      });
      kernel.kmsGemClose(card, handle);
      expect(importers).toEqual([['vgem']]);
    });

    it.each([4096, MIB])('gives zeroed memory again after it was written: buffers of %i bytes', (length) => {
      const zeros = Buffer.alloc(length);
      const allocate = () => Array.from({ length: 32 }, () => kernel.heapAlloc(heap, length));
      const first = allocate();
      for (const fd of first) withBytes(fd, length, (bytes) => bytes.fill(0xff));
      for (const fd of first) kernel.close(fd);
      const again = allocate();
      const dirty: number[] = [];
      for (const [index, fd] of again.entries()) {
        withBytes(fd, length, (bytes) => {
          if (!bytes.equals(zeros)) dirty.push(index);
        });
      }
      for (const fd of again) kernel.close(fd);
      expect(dirty).toEqual([]);
    });

    it.each([
      ['the structure of an older program, before heap_flags', 16],
      ['the structure of a newer program, with fields that this kernel does not know', 48],
      ['a structure larger than the kernel keeps on its stack', 256],
    ])('takes %s', (_, structBytes) => {
      expect(requestOf(path, { structBytes })).toEqual({ error: undefined, bytes: 4096, descriptors: 1 });
    });

    it.each([
      ['length 0', { bytes: 0 }],
      ['an fd that is not 0', { fd: 1 }],
      ['unknown flags for the fd', { fdFlags: ~(O_RDWR | O_CLOEXEC) >>> 0 }],
      ['flags for the heap', { heapFlags: 0x111111 }],
    ])('refuses %s', (_, request) => {
      expect(requestOf(path, request)).toEqual({ error: 'EINVAL', bytes: undefined, descriptors: 0 });
    });

    it('leaves no descriptor behind where it cannot say its number', () => {
      const answer = requestOf(path, { readOnly: true });
      expect(answer).toEqual({ error: 'EFAULT', bytes: undefined, descriptors: 0 });
    });
  });

  it('is asked of heaps only', () => {
    expect(requestOf('/dev/null')).toMatchObject({ error: 'ENOTTY' });
  });
}
