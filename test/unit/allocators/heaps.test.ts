import { checkHeapName, findHeap, listHeaps } from '../../../src/allocators/heaps';
import { UnsupportedError } from '../../../src/errors';
import type { NodeStatus } from '../../../src/native/kernel';
import { fakeMachine, fakePaths, nodeStatus } from './fake-machine';

const REGIONS = '/sys/firmware/devicetree/base/reserved-memory';

function machine(heaps: Record<string, NodeStatus>, directories: Record<string, string[]> = {}) {
  return fakePaths({
    directories: { '/dev/dma_heap': Object.keys(heaps), ...directories },
    nodes: Object.fromEntries(
      Object.entries(heaps).map(([name, status]) => [`/dev/dma_heap/${name}`, status]),
    ),
  });
}

const summary = (kernel: Parameters<typeof listHeaps>[0]) =>
  listHeaps(kernel).map(({ name, kind, aliases }) => [name, kind, aliases]);

it('counts the default CMA region once, under its stable name (Linux 6.17 and newer)', () => {
  expect(summary(fakeMachine())).toEqual([
    ['default_cma_region', 'contiguous', ['reserved']],
    ['system', 'system', []],
  ]);
});

it('takes the legacy name alone as the heap (before Linux 6.17)', () => {
  const kernel = machine({ system: nodeStatus('252:0'), reserved: nodeStatus('252:1') });
  expect(summary(kernel)).toEqual([
    ['reserved', 'contiguous', []],
    ['system', 'system', []],
  ]);
});

it("takes the device tree's word for which region is the default one", () => {
  const kernel = machine(
    {
      'cma@60000000': nodeStatus('252:1'),
      default_cma_region: nodeStatus('252:0'),
      system: nodeStatus('252:3'),
      'video@70000000': nodeStatus('252:2'),
    },
    {
      [REGIONS]: ['cma@60000000', 'video@70000000'],
      [`${REGIONS}/cma@60000000`]: ['compatible', 'linux,cma-default', 'reg', 'reusable'],
      [`${REGIONS}/video@70000000`]: ['compatible', 'reg', 'reusable'],
    },
  );
  expect(summary(kernel)).toEqual([
    ['default_cma_region', 'contiguous', ['cma@60000000']],
    ['video@70000000', 'contiguous', []],
    ['system', 'system', []],
  ]);
});

it('keeps a region apart that has a legacy name but is not the default one', () => {
  const kernel = machine(
    { default_cma_region: nodeStatus('252:0'), 'linux,cma': nodeStatus('252:1') },
    { [REGIONS]: ['linux,cma'], [`${REGIONS}/linux,cma`]: ['compatible', 'reg', 'reusable'] },
  );
  expect(summary(kernel)).toEqual([
    ['default_cma_region', 'contiguous', []],
    ['linux,cma', 'contiguous', []],
  ]);
});

it('knows a heap by its device number behind a link: vidbuf_cached is CMA on one board and system on another', () => {
  const cma = machine({
    'linux,cma': nodeStatus('252:0'),
    system: nodeStatus('252:1'),
    vidbuf_cached: nodeStatus('252:0'),
  });
  expect(summary(cma)).toEqual([
    ['linux,cma', 'contiguous', ['vidbuf_cached']],
    ['system', 'system', []],
  ]);
  const system = machine({
    'linux,cma': nodeStatus('252:0'),
    system: nodeStatus('252:1'),
    vidbuf_cached: nodeStatus('252:1'),
  });
  expect(summary(system)).toEqual([
    ['linux,cma', 'contiguous', []],
    ['system', 'system', ['vidbuf_cached']],
  ]);
  const newKernel = machine({
    default_cma_region: nodeStatus('252:0'),
    'linux,cma': nodeStatus('252:1'),
    vidbuf_cached: nodeStatus('252:1'),
  });
  expect(summary(newKernel)).toEqual([['default_cma_region', 'contiguous', ['linux,cma', 'vidbuf_cached']]]);
});

it('knows the heap of a confidential VM, and does not guess about others', () => {
  const kernel = machine({
    system: nodeStatus('252:0'),
    system_cc_shared: nodeStatus('252:1'),
    secure: nodeStatus('252:2'),
  });
  expect(summary(kernel)).toEqual([
    ['system', 'system', []],
    ['system_cc_shared', 'confidential', []],
    ['secure', 'other', []],
  ]);
  // Its name is a promise, whatever the node leads to.
  const same = machine({ system: nodeStatus('252:0'), system_cc_shared: nodeStatus('252:0') });
  expect(summary(same)).toEqual([
    ['system', 'system', []],
    ['system_cc_shared', 'confidential', []],
  ]);
});

it('opens the name that this user may open', () => {
  const kernel = machine({
    default_cma_region: nodeStatus('252:0', { readable: false }),
    reserved: nodeStatus('252:1', { gid: 44, mode: 0o660 }),
    system: nodeStatus('252:2', { readable: false }),
  });
  expect(listHeaps(kernel)).toMatchObject([
    {
      name: 'default_cma_region',
      path: '/dev/dma_heap/reserved',
      permitted: true,
      nodeStatus: { mode: 0o660 },
    },
    { name: 'system', path: '/dev/dma_heap/system', permitted: false, nodeStatus: { mode: 0o600 } },
  ]);
});

it('does not remember absence: a driver may be loaded later', () => {
  const kernel = fakeMachine();
  expect(findHeap(listHeaps(kernel), 'system_cc_shared')).toBeUndefined();
  kernel.addHeap('system_cc_shared', { contiguous: false });
  expect(findHeap(listHeaps(kernel), 'system_cc_shared')?.kind).toBe('confidential');
});

it('leaves out what is gone between the listing and the look', () => {
  const kernel = fakePaths({ directories: { '/dev/dma_heap': ['system'] } });
  expect(listHeaps(kernel)).toEqual([]);
});

it('says which kernel options are missing where there is no heap directory', () => {
  const list = () => listHeaps(fakePaths({}));
  expect(list).toThrow(UnsupportedError);
  expect(list).toThrow(/\/dev\/dma_heap does not exist/);
  for (const option of [
    'CONFIG_DMABUF_HEAPS=y',
    'CONFIG_DMABUF_HEAPS_SYSTEM=y',
    'CONFIG_DMABUF_HEAPS_CMA=y',
  ]) {
    expect(list).toThrow(option);
  }
});

it('finds a heap by its name and by its aliases', () => {
  const heaps = listHeaps(fakeMachine());
  expect(findHeap(heaps, 'reserved')?.name).toBe('default_cma_region');
  expect(findHeap(heaps, 'nothing')).toBeUndefined();
});

describe('checkHeapName', () => {
  it.each(['/dev/dma_heap/system', '..', '../system', 'a/b', '', '.', 'sys\0tem'])('refuses %j', (name) => {
    expect(() => checkHeapName(name, '--heap')).toThrow(RangeError);
    expect(() => checkHeapName(name, '--heap')).toThrow(
      /^--heap: .* is not the name of a heap\. Give the name alone/,
    );
  });

  it('wants a string', () => {
    expect(() => checkHeapName(7, '--heap')).toThrow(TypeError);
  });

  it.each(['system', 'linux,cma', 'video@70000000', 'default_cma_region'])('takes %s', (name) => {
    expect(() => checkHeapName(name, '--heap')).not.toThrow();
  });
});
