/** What a port needs of a buffer's memory, and how several ports' needs add up. Pure. */

/** What the CPU does with a frame. `write` alone overwrites everything: to change what is there is `read-write`. */
export type CpuAccessMode = 'read' | 'write' | 'read-write';

export interface MemoryRequirement {
  /** A DMA engine without an IOMMU uses the buffer: its pages must be physically contiguous. */
  contiguous: boolean;
  cpu: 'none' | CpuAccessMode;
  /** A device (camera, codec, display) uses the buffer, not only this process. */
  device: boolean;
  /** Bytes of a row, the start of a plane in its dma-buf, and the length of a dma-buf are multiples of these. */
  strideAlignment: number;
  offsetAlignment: number;
  sizeAlignment: number;
  /** Buffers that the port holds at once. */
  count: number;
  /** Heaps of the memory regions that belong to a device (`memory-region` in its device-tree node), best first. */
  regions: readonly string[];
}

/** A requirement with everything not given left free. */
export function memoryRequirement(needs: Partial<MemoryRequirement> = {}): MemoryRequirement {
  const requirement: MemoryRequirement = {
    contiguous: false,
    cpu: 'none',
    device: true,
    strideAlignment: 1,
    offsetAlignment: 1,
    sizeAlignment: 1,
    count: 0,
    regions: [],
    ...needs,
  };
  for (const field of ['strideAlignment', 'offsetAlignment', 'sizeAlignment'] as const) {
    requireInteger(field, requirement[field], 1);
  }
  requireInteger('count', requirement.count, 0);
  return requirement;
}

/**
 * The requirement of a link: what its producer and all its consumers need together. Every need is kept, alignments
 * become their least common multiple, and counts add up: each port holds its buffers while the others hold theirs.
 */
export function unionRequirements(...requirements: readonly MemoryRequirement[]): MemoryRequirement {
  return memoryRequirement({
    contiguous: requirements.some(({ contiguous }) => contiguous),
    cpu: unionCpu(requirements.map(({ cpu }) => cpu)),
    device: requirements.some(({ device }) => device),
    strideAlignment: commonMultiple(requirements.map(({ strideAlignment }) => strideAlignment)),
    offsetAlignment: commonMultiple(requirements.map(({ offsetAlignment }) => offsetAlignment)),
    sizeAlignment: commonMultiple(requirements.map(({ sizeAlignment }) => sizeAlignment)),
    count: requirements.reduce((sum, { count }) => sum + count, 0),
    regions: [...new Set(requirements.flatMap(({ regions }) => regions))],
  });
}

function unionCpu(modes: readonly MemoryRequirement['cpu'][]): MemoryRequirement['cpu'] {
  const reads = modes.some((mode) => mode === 'read' || mode === 'read-write');
  const writes = modes.some((mode) => mode === 'write' || mode === 'read-write');
  if (reads && writes) return 'read-write';
  if (reads) return 'read';
  return writes ? 'write' : 'none';
}

function commonMultiple(values: readonly number[]): number {
  return values.reduce((multiple, value) => (multiple / greatestCommonDivisor(multiple, value)) * value, 1);
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

function requireInteger(field: string, value: number, minimum: number): void {
  if (!Number.isSafeInteger(value) || value < minimum) {
    throw new RangeError(
      `memory requirement: expected ${field} to be an integer of at least ${minimum}, got ${value}`,
    );
  }
}
