import { exhausted, formatBytes, noSuitableHeap, notPermitted } from '../../../src/allocators/heap-advice';
import type { Heap } from '../../../src/allocators/heaps';
import { errnoNumber, KernelError } from '../../../src/errors';
import { fakePaths, MIB, nodeStatus } from './fake-machine';

const HEAP: Heap = {
  name: 'default_cma_region',
  path: '/dev/dma_heap/default_cma_region',
  kind: 'contiguous',
  aliases: [],
  permitted: true,
  nodeStatus: nodeStatus('252:0'),
};
const ENOMEM = new KernelError('DMA_HEAP_IOCTL_ALLOC', errnoNumber('ENOMEM'));
const EACCES = new KernelError('open', errnoNumber('EACCES'), HEAP.path);
const MEMINFO = 'MemTotal:  2047360 kB\nMemAvailable:  1904512 kB\nCmaTotal:  32768 kB\nCmaFree:  1024 kB\n';

describe('exhausted', () => {
  const kernel = fakePaths({ texts: { '/proc/meminfo': MEMINFO } });

  it('says what was asked, what CMA has, and how to get more', () => {
    const lengths = Array.from({ length: 8 }, () => 3686400);
    const error = exhausted(kernel, ENOMEM, HEAP, { lengths, given: 5, alsoTried: ['video@70000000'] });
    expect(error.message).toBe(
      'DMA_HEAP_IOCTL_ALLOC on /dev/dma_heap/default_cma_region: ENOMEM. ' +
        'Asked for 8 × 3.5 MiB (28.1 MiB), of which it gave 5 before it ran out; video@70000000 had not enough either. ' +
        'CmaTotal 32768 kB, CmaFree 1024 kB. Use fewer or smaller buffers, or enlarge the region ' +
        "(cma=SIZE on the kernel command line, or the region's size in the device tree)",
    );
    expect(error).toMatchObject({ code: 'ENOMEM', path: HEAP.path, cause: ENOMEM });
  });

  it('gives the figures of ordinary memory for ordinary pages', () => {
    const error = exhausted(
      kernel,
      ENOMEM,
      { ...HEAP, kind: 'system' },
      { lengths: [MIB], given: 0, alsoTried: [] },
    );
    expect(error.message).toContain('Asked for 1 MiB. MemTotal 2047360 kB, MemAvailable 1904512 kB');
    expect(error.message).not.toContain('cma=');
  });

  it('does without /proc', () => {
    const error = exhausted(fakePaths({}), ENOMEM, HEAP, { lengths: [MIB, 512], given: 0, alsoTried: [] });
    expect(error.message).toContain(
      'Asked for 1 × 1 MiB + 1 × 512 bytes (1 MiB). CmaTotal unknown, CmaFree unknown',
    );
  });
});

describe('notPermitted', () => {
  const kernel = fakePaths({ texts: { '/etc/group': 'root:x:0:\nvideo:x:44:\nmedia:x:990:me\n' } });

  it('prints the udev rule and the group to be in', () => {
    const { message, code } = notPermitted(kernel, EACCES, HEAP);
    expect(code).toBe('EACCES');
    expect(message).toContain(
      'open on /dev/dma_heap/default_cma_region: EACCES. The node belongs to root:root, mode 0600',
    );
    expect(message).toContain(`'SUBSYSTEM=="dma_heap", GROUP="video", MODE="0660"'`);
    expect(message).toContain('usermod -aG video USER');
  });

  it('names the group that the node has already', () => {
    const heap = { ...HEAP, nodeStatus: nodeStatus('252:0', { gid: 990, mode: 0o660 }) };
    expect(notPermitted(kernel, EACCES, heap).message).toContain('root:media, mode 0660');
    expect(notPermitted(kernel, EACCES, heap).message).toContain('usermod -aG media USER');
  });
});

describe('noSuitableHeap', () => {
  it('says that there is no CMA heap, and that the command line turned it off', () => {
    const off = fakePaths({ texts: { '/proc/cmdline': 'console=ttyS0 cma=0 quiet\n' } });
    const message = noSuitableHeap(off, true, [{ ...HEAP, name: 'system', kind: 'system' }]).message;
    expect(message).toMatch(
      /this kernel has no CMA heap \(its command line says 'cma=0'\); heaps present: system \(system\)/,
    );
    expect(message).toMatch(/cma=64M .* CONFIG_DMABUF_HEAPS_CMA=y/);
    const on = fakePaths({ texts: { '/proc/cmdline': 'cma=0x100 quiet' } });
    expect(noSuitableHeap(on, true, []).message).toMatch(/no CMA heap; no heap is present/);
  });

  it('names the option for ordinary pages', () => {
    expect(noSuitableHeap(fakePaths({}), false, []).message).toContain('CONFIG_DMABUF_HEAPS_SYSTEM=y');
  });
});

it.each([
  [0, '0 bytes'],
  [512, '512 bytes'],
  [4096, '4 KiB'],
  [3686400, '3.5 MiB'],
  [5 * 1024 * MIB, '5 GiB'],
  [4096 * 1024 * MIB, '4096 GiB'],
])('formats %i bytes as %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});
