/** From what a link needs to the heaps that can give it, in order, each with the reason. Pure. */
import { errnoNumber, KernelError } from '../errors';
import { heapsPresent } from './heap-advice';
import {
  CONFIDENTIAL_HEAP,
  CONTIGUOUS_HEAPS,
  checkHeapName,
  DEFAULT_CMA_HEAP,
  findHeap,
  HEAP_DIRECTORY,
  type Heap,
} from './heaps';
import type { MemoryRequirement } from './memory-requirement';

/**
 * Heaps to use instead of the usual ones: a name, several separated by commas, or an array of names, best first.
 * Those that the machine does not have are passed over while it has at least one.
 */
export interface HeapPreferences {
  /** For links that need contiguous memory. */
  contiguous?: string | readonly string[];
  /** For links that do not. */
  cpu?: string | readonly string[];
}

/** A user's choice and where he made it, for the reason and for errors. */
export interface HeapChoice {
  names: string | readonly string[];
  from: string;
}

export interface HeapChoices {
  contiguous: HeapChoice | undefined;
  cpu: HeapChoice | undefined;
}

export interface HeapCandidate {
  heap: Heap;
  /** For people: why this heap. */
  reason: string;
}

/**
 * The user's choices; an option wins over the environment (`DMAFLOW_HEAP_CONTIGUOUS`, `DMAFLOW_HEAP_CPU`).
 * @throws TypeError, RangeError for what cannot be the name of a heap.
 */
export function heapChoices(
  options: HeapPreferences,
  env: Readonly<Record<string, string | undefined>>,
): HeapChoices {
  return {
    contiguous: choice(options.contiguous, 'heaps.contiguous', env, 'DMAFLOW_HEAP_CONTIGUOUS'),
    cpu: choice(options.cpu, 'heaps.cpu', env, 'DMAFLOW_HEAP_CPU'),
  };
}

/**
 * The heaps to try for a requirement, in order. What the user chose is taken as it is, even where it does not satisfy
 * the requirement, and nothing is tried beside it. Otherwise only heaps that satisfy the requirement are given; an empty
 * list means that there is none.
 *
 * @throws KernelError ENOENT where none of the heaps that the user chose is there.
 */
export function heapCandidates(
  requirement: Pick<MemoryRequirement, 'contiguous' | 'device' | 'regions'>,
  heaps: readonly Heap[],
  choices: HeapChoices,
): HeapCandidate[] {
  const chosen = requirement.contiguous ? choices.contiguous : choices.cpu;
  if (chosen) return chosenCandidates(requirement.contiguous, heaps, chosen);
  return distinct(
    requirement.contiguous ? contiguousCandidates(requirement, heaps) : pageCandidates(requirement, heaps),
  );
}

function contiguousCandidates(
  requirement: Pick<MemoryRequirement, 'regions'>,
  heaps: readonly Heap[],
): HeapCandidate[] {
  const named = (names: readonly string[], reason: (name: string) => string): HeapCandidate[] =>
    names.flatMap((name) => {
      const heap = findHeap(heaps, name);
      return heap?.kind === 'contiguous' ? [{ heap, reason: reason(name) }] : [];
    });
  return [
    ...named(
      requirement.regions,
      () =>
        'contiguous memory, the region that the device tree gives to a device of this link (memory-region)',
    ),
    ...named(CONTIGUOUS_HEAPS, (name) =>
      name === DEFAULT_CMA_HEAP
        ? "contiguous memory, the kernel's default CMA region"
        : `contiguous memory, the CMA region under its older name '${name}'`,
    ),
  ];
}

function pageCandidates(
  requirement: Pick<MemoryRequirement, 'device'>,
  heaps: readonly Heap[],
): HeapCandidate[] {
  const confidential = heaps.find(({ kind }) => kind === 'confidential');
  // In a confidential VM the pages of every other heap are encrypted, and a device reads only noise.
  if (confidential && requirement.device) {
    return [
      { heap: confidential, reason: `shared with a device of a confidential VM: ${CONFIDENTIAL_HEAP}` },
    ];
  }
  const ofKind = (kind: Heap['kind'], reason: string): HeapCandidate[] =>
    heaps.filter((heap) => heap.kind === kind).map((heap) => ({ heap, reason }));
  return [
    ...ofKind('system', 'need not be contiguous: ordinary pages, CMA is spared'),
    ...ofKind('confidential', 'need not be contiguous: decrypted pages'),
    ...contiguousCandidates({ regions: [] }, heaps).map(({ heap }) => ({
      heap,
      reason: 'need not be contiguous, but no heap of ordinary pages could give it',
    })),
  ];
}

function chosenCandidates(contiguous: boolean, heaps: readonly Heap[], chosen: HeapChoice): HeapCandidate[] {
  const names = typeof chosen.names === 'string' ? splitNames(chosen.names, heaps) : chosen.names;
  const candidates = names.flatMap((name): HeapCandidate[] => {
    const heap = findHeap(heaps, name);
    if (!heap) return [];
    const warning =
      contiguous && heap.kind !== 'contiguous'
        ? '; it is not contiguous, which this link needs: a device without an IOMMU will refuse it'
        : '';
    return [{ heap, reason: `chosen by ${chosen.from}${warning}` }];
  });
  if (candidates.length === 0) {
    throw new KernelError(
      'open',
      errnoNumber('ENOENT'),
      names.map((name) => `${HEAP_DIRECTORY}/${name}`).join(', '),
      `There is no such heap, chosen by ${chosen.from}; ${heapsPresent(heaps)}`,
    );
  }
  return distinct(candidates);
}

function choice(
  option: string | readonly string[] | undefined,
  optionName: string,
  env: Readonly<Record<string, string | undefined>>,
  variable: string,
): HeapChoice | undefined {
  const fromOption = option !== undefined;
  const names = fromOption ? option : env[variable]?.trim();
  if (names === undefined || (!fromOption && names === '')) return undefined;
  const from = fromOption ? `option ${optionName}` : variable;
  if (typeof names === 'string') {
    checkHeapName(/^[\s,]*$/.test(names) ? '' : names, from);
    return { names, from };
  }
  for (const name of names) checkHeapName(name, from);
  if (names.length === 0) throw new RangeError(`${from}: expected at least one heap, got an empty list`);
  return { names, from };
}

/** Splits at commas, except those within a name: `linux,cma` is a heap. */
function splitNames(list: string, heaps: readonly Heap[]): string[] {
  const known = (name: string) => CONTIGUOUS_HEAPS.includes(name) || findHeap(heaps, name) !== undefined;
  const parts = list
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  const names: string[] = [];
  while (parts.length > 0) {
    let length = parts.length;
    while (length > 1 && !known(parts.slice(0, length).join(','))) length--;
    names.push(parts.splice(0, length).join(','));
  }
  return names;
}

function distinct(candidates: readonly HeapCandidate[]): HeapCandidate[] {
  return candidates.filter(
    ({ heap }, index) => candidates.findIndex((other) => other.heap === heap) === index,
  );
}
