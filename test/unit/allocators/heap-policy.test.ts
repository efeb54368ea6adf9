import { type HeapPreferences, heapCandidates, heapChoices } from '../../../src/allocators/heap-policy';
import type { Heap, HeapKind } from '../../../src/allocators/heaps';
import { memoryRequirement } from '../../../src/allocators/memory-requirement';
import { KernelError } from '../../../src/errors';
import { CONTIGUOUS, nodeStatus, PAGES } from './fake-machine';

function heap(name: string, kind: HeapKind, aliases: string[] = []): Heap {
  return {
    name,
    kind,
    aliases,
    path: `/dev/dma_heap/${name}`,
    permitted: true,
    nodeStatus: nodeStatus('252:0'),
  };
}

const CMA = heap('default_cma_region', 'contiguous', ['reserved']);
const SYSTEM = heap('system', 'system');
const VIDEO = heap('video@70000000', 'contiguous');
const SECURE = heap('secure', 'other');
const SHARED = heap('system_cc_shared', 'confidential');

function names(
  requirement = CONTIGUOUS,
  heaps: Heap[] = [SYSTEM, VIDEO, CMA, SECURE],
  options: HeapPreferences = {},
  env: Record<string, string> = {},
): string[] {
  return heapCandidates(requirement, heaps, heapChoices(options, env)).map(
    (candidate) => candidate.heap.name,
  );
}

function reason(options: HeapPreferences, env: Record<string, string> = {}): string | undefined {
  return heapCandidates(CONTIGUOUS, [SYSTEM, CMA], heapChoices(options, env))[0]?.reason;
}

describe('contiguous memory', () => {
  it('comes from the default CMA region, never from system or an unknown heap', () => {
    expect(names()).toEqual(['default_cma_region']);
  });

  it('comes from the older names in their order where the stable one is missing', () => {
    const old = ['vidbuf_cached', 'default-pool', 'linux,cma', 'reserved'].map((name) =>
      heap(name, 'contiguous'),
    );
    expect(names(CONTIGUOUS, old)).toEqual(['reserved', 'linux,cma', 'default-pool', 'vidbuf_cached']);
  });

  it("does not take a vendor's name that leads to the system heap", () => {
    expect(names(CONTIGUOUS, [heap('system', 'system', ['vidbuf_cached'])])).toEqual([]);
  });

  it("comes from the device's own region first", () => {
    const requirement = memoryRequirement({
      contiguous: true,
      regions: ['video@70000000', 'system', 'gone@1'],
    });
    expect(names(requirement)).toEqual(['video@70000000', 'default_cma_region']);
  });

  it('has no candidate where there is none', () => {
    expect(names(CONTIGUOUS, [SYSTEM, SECURE])).toEqual([]);
  });
});

describe('memory that need not be contiguous', () => {
  it('comes from system; CMA is the last resort', () => {
    expect(names(PAGES)).toEqual(['system', 'default_cma_region']);
  });

  it('must be decrypted where a device of a confidential VM shares it', () => {
    expect(names(PAGES, [SYSTEM, SHARED, CMA])).toEqual(['system_cc_shared']);
    const alone = memoryRequirement({ cpu: 'read-write', device: false });
    expect(names(alone, [SYSTEM, SHARED, CMA])).toEqual(['system', 'system_cc_shared', 'default_cma_region']);
  });
});

describe("the user's choice", () => {
  it('is taken alone, by name or alias, in his order', () => {
    expect(names(CONTIGUOUS, undefined, { contiguous: 'video@70000000' })).toEqual(['video@70000000']);
    expect(names(CONTIGUOUS, undefined, { contiguous: 'reserved' })).toEqual(['default_cma_region']);
    expect(names(CONTIGUOUS, undefined, { contiguous: ['video@70000000', 'reserved'] })).toEqual([
      'video@70000000',
      'default_cma_region',
    ]);
    expect(names(PAGES, undefined, { cpu: 'default_cma_region' })).toEqual(['default_cma_region']);
  });

  it('concerns only the kind of memory it was made for', () => {
    expect(names(CONTIGUOUS, undefined, { cpu: 'video@70000000' })).toEqual(['default_cma_region']);
    expect(names(PAGES, undefined, {}, { DMAFLOW_HEAP_CONTIGUOUS: 'video@70000000' })).toEqual([
      'system',
      'default_cma_region',
    ]);
  });

  it('comes from the environment too; an option wins', () => {
    const env = { DMAFLOW_HEAP_CONTIGUOUS: 'video@70000000', DMAFLOW_HEAP_CPU: 'video@70000000' };
    expect(names(CONTIGUOUS, undefined, {}, env)).toEqual(['video@70000000']);
    expect(names(PAGES, undefined, {}, env)).toEqual(['video@70000000']);
    expect(names(CONTIGUOUS, undefined, { contiguous: 'reserved' }, env)).toEqual(['default_cma_region']);
    expect(names(CONTIGUOUS, undefined, {}, { DMAFLOW_HEAP_CONTIGUOUS: '  ' })).toEqual([
      'default_cma_region',
    ]);
  });

  it('may be a list with commas, one of which may be within a name', () => {
    const env = { DMAFLOW_HEAP_CONTIGUOUS: 'nothing, video@70000000 ,linux,cma,reserved' };
    const legacy = heap('linux,cma', 'contiguous');
    expect(names(CONTIGUOUS, [legacy, VIDEO, CMA], {}, env)).toEqual([
      'video@70000000',
      'linux,cma',
      'default_cma_region',
    ]);
    expect(names(CONTIGUOUS, [CMA], {}, { DMAFLOW_HEAP_CONTIGUOUS: 'linux,cma,reserved' })).toEqual([
      'default_cma_region',
    ]);
  });

  it('is taken even where it does not satisfy the requirement, and the reason says so', () => {
    expect(reason({ contiguous: 'system' })).toMatch(
      /^chosen by option heaps\.contiguous; it is not contiguous/,
    );
    expect(reason({}, { DMAFLOW_HEAP_CONTIGUOUS: 'default_cma_region' })).toBe(
      'chosen by DMAFLOW_HEAP_CONTIGUOUS',
    );
  });

  it('is refused with the heaps that are there where none of them is', () => {
    const choose = () => names(CONTIGUOUS, [CMA, SYSTEM], { contiguous: ['vide0', 'linux,cma'] });
    expect(choose).toThrow(KernelError);
    expect(choose).toThrow(expect.objectContaining({ code: 'ENOENT', syscall: 'open' }));
    expect(choose).toThrow(
      /\/dev\/dma_heap\/vide0, \/dev\/dma_heap\/linux,cma: ENOENT\. There is no such heap, chosen by option/,
    );
    expect(choose).toThrow(
      /heaps present: default_cma_region \(contiguous, also reserved\), system \(system\)$/,
    );
  });

  it.each([
    [{ contiguous: '../system' }, {}, /^option heaps\.contiguous: "\.\.\/system" is not the name of a heap/],
    [{ cpu: ['system', 'a/b'] }, {}, /^option heaps\.cpu: "a\/b" is not/],
    [{ cpu: [] }, {}, /^option heaps\.cpu: expected at least one heap/],
    [{ cpu: ' , ' }, {}, /^option heaps\.cpu: "" is not/],
    [{}, { DMAFLOW_HEAP_CPU: '/dev/dma_heap/system' }, /^DMAFLOW_HEAP_CPU: .* is not the name of a heap/],
  ])('%j %j is refused before any device is asked', (options, env, message) => {
    expect(() => heapChoices(options, env)).toThrow(RangeError);
    expect(() => heapChoices(options, env)).toThrow(message);
  });

  it('must be a string', () => {
    expect(() => heapChoices({ cpu: [1 as unknown as string] }, {})).toThrow(TypeError);
    expect(() => heapChoices({ cpu: 1 as unknown as string }, {})).toThrow(TypeError);
  });
});
