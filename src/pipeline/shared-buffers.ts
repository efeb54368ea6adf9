/**
 * Brings the buffers of a segment into the hands of all who share them: the source's queue, the displays, the CPU. Which
 * memory, and which step of the import ladder, is found out by asking the devices; what they answered is in `memory`.
 */
import { BufferPool } from '../allocators/buffer-pool';
import type { BufferReserve } from '../allocators/buffer-reserve';
import { DmaHeapAllocator } from '../allocators/dma-heap-allocator';
import type { HeapPreferences } from '../allocators/heap-policy';
import { MEMFD } from '../allocators/last-resort';
import {
  type MemoryRequirement,
  memoryRequirement,
  unionRequirements,
} from '../allocators/memory-requirement';
import { type KernelError, UnsupportedError } from '../errors';
import type { CaptureConfig } from '../native/frame-loop';
import type { Kernel } from '../native/kernel';
import { V4L2_MEMORY_DMABUF } from '../native/v4l2';
import type { MemorySource } from './explain';
import type { FrameLayout } from './frame-layout';
import type { GraphNode } from './graph';
import type { LoopCopies } from './link-stats';
import type { MemoryPlan } from './memory-plan';
import { isDeviceRefusal, refusalText, tryPages } from './memory-trial';
import type {
  CaptureAttachment,
  CaptureStep,
  DisplayAttachment,
  OpenCaptureSource,
  OpenDisplaySink,
} from './stage';
import { UndoStack } from './undo';

/**
 * `contiguous` (default): devices get contiguous memory, as those without an IOMMU need it. `auto`: the hardware is asked;
 * where all devices take ordinary pages those are used, and CMA is spared.
 */
export type MemoryChoice = 'contiguous' | 'auto';

export interface MemoryOptions {
  heaps?: HeapPreferences | undefined;
  memory?: MemoryChoice | undefined;
  /** Buffers of the run before by producer, to use again; closed when the new ones are there. */
  reserves?: ReadonlyMap<string, BufferReserve> | undefined;
}

/** Who shares the buffers, and what they agreed on. */
export interface Sharers {
  kernel: Kernel;
  /** The producer's name in the graph: names the buffers. */
  name: string;
  source: OpenCaptureSource;
  displays: ReadonlyMap<GraphNode, OpenDisplaySink>;
  layout: FrameLayout;
  plan: MemoryPlan;
}

export interface SharedBuffers {
  pool: BufferPool;
  /** With the colour planes where the driver really puts them. */
  layout: FrameLayout;
  /** Undefined where a program fills the buffers. */
  capture: CaptureConfig | undefined;
  displays: ReadonlyMap<GraphNode, DisplayAttachment>;
  memory: MemorySource;
  /** Where the frame loop copies each frame into these buffers. */
  copies?: LoopCopies | undefined;
}

/** One way to get buffers, and which of its errors mean that the next way may be tried. */
interface Attempt {
  step: CaptureStep;
  /** For people: what devices were to take. */
  what: string;
  run(undo: UndoStack): Promise<Omit<SharedBuffers, 'memory'>>;
  mayGoOn(refusal: KernelError): boolean;
}

/**
 * @param undo gets what is to be undone.
 * @throws the error of the last way that was tried, with everything undone.
 */
export async function shareBuffers(
  sharers: Sharers,
  options: MemoryOptions,
  undo: UndoStack,
): Promise<SharedBuffers> {
  const allocator = new DmaHeapAllocator(sharers.kernel, { heaps: options.heaps ?? {} });
  undo.push(() => allocator.close());
  const trials: string[] = [];
  const { attempts, obstacles } = await ladder(sharers, options, allocator, trials);
  for (const [index, attempt] of attempts.entries()) {
    const done = new UndoStack();
    try {
      const shared = await attempt.run(done);
      undo.adopt(done);
      const reasons = shared.capture?.memory === V4L2_MEMORY_DMABUF ? [] : obstacles;
      const memory = memorySource(shared.pool, attempt.step, reasons, trials);
      if (attempt.step !== 'copy') return { ...shared, memory };
      // START and END for each dma-buf; a memfd is none.
      const syncCalls = shared.pool.source.heap === MEMFD ? 0 : 2 * shared.layout.memoryPlanes.length;
      return { ...shared, memory, copies: { reason: warnOfCopies(sharers, obstacles), syncCalls } };
    } catch (error) {
      await done.undoAll();
      const last = index === attempts.length - 1;
      if (last || !isDeviceRefusal(error) || !attempt.mayGoOn(error)) throw error;
      const text = `${attempt.what}: ${refusalText(error)}`;
      (attempt.step === 'import' && index === 0 && trials.length > 0 ? trials : obstacles).push(text);
    }
  }
  throw new UnsupportedError(
    `${obstacles.join('; ')}: its frames cannot be captured into a heap. Leave out \`capture\`, so that another step may be tried`,
  );
}

/** The ways to try, best first, and why steps before them are left out. */
async function ladder(
  sharers: Sharers,
  { memory, reserves }: MemoryOptions,
  allocator: DmaHeapAllocator,
  trials: string[],
): Promise<{ attempts: Attempt[]; obstacles: string[] }> {
  const { name, source, plan } = sharers;
  const reserve = reserves?.get(name);
  const attempts: Attempt[] = [];
  const obstacles: string[] = [];
  for (const step of source.captureSteps) {
    if (step === 'export') attempts.push(exportAttempt(sharers));
    if (step === 'copy') attempts.push(copyAttempt(sharers, { allocator, reserve }));
    if (step !== 'import') continue;
    const obstacle = source.importObstacle();
    if (obstacle !== undefined) {
      obstacles.push(obstacle);
      continue;
    }
    if (memory === 'auto') {
      const trial = await tryPages(sharers, allocator);
      trials.push(trial.answer);
      if (trial.requirement)
        attempts.push(
          importAttempt(sharers, { allocator, reserve, requirement: trial.requirement }, () => true),
        );
    }
    // A heap that the user chose is not given up for the driver's own memory.
    const chosen = allocator.choice(plan.requirement) !== undefined;
    const mayGoOn = (refusal: KernelError) => !chosen && refusal.syscall === 'VIDIOC_QBUF';
    attempts.push(importAttempt(sharers, { allocator, reserve, requirement: plan.requirement }, mayGoOn));
  }
  return { attempts, obstacles };
}

/** What buffers of a heap are allocated with. */
interface HeapSource {
  allocator: DmaHeapAllocator;
  reserve: BufferReserve | undefined;
  requirement: MemoryRequirement;
}

async function allocatePool(
  { name, layout, plan }: Pick<Sharers, 'name' | 'layout' | 'plan'>,
  { allocator, reserve, requirement }: HeapSource,
  undo: UndoStack,
): Promise<BufferPool> {
  const request = { owner: name, count: plan.count, planeLengths: layout.memoryPlanes, requirement };
  const pool = await BufferPool.allocate(allocator, request, reserve);
  undo.push(() => pool.close());
  return pool;
}

function importAttempt(sharers: Sharers, memory: HeapSource, mayGoOn: Attempt['mayGoOn']): Attempt {
  const { source } = sharers;
  return {
    step: 'import',
    what: memory.requirement.contiguous ? 'contiguous buffers' : 'ordinary pages',
    mayGoOn,
    async run(undo) {
      const pool = await allocatePool(sharers, memory, undo);
      undo.push(() => source.detach());
      return attachCapture(sharers, pool, source.attach(pool.buffers, pool.source.heap), undo);
    },
  };
}

function exportAttempt(sharers: Sharers): Attempt {
  const { name, source, plan } = sharers;
  return {
    step: 'export',
    what: "the driver's own buffers",
    mayGoOn: () => true,
    async run(undo) {
      undo.push(() => source.detach());
      const { fds, ...attachment } = source.export(plan.count);
      const reason = "the driver's own buffers, exported (VIDIOC_EXPBUF)";
      const pool = BufferPool.adopt(sharers.kernel, { owner: name, fds, reason });
      undo.push(() => pool.close());
      return attachCapture(sharers, pool, attachment, undo);
    },
  };
}

/** Only those who take the frames use the buffers: the device does not. */
function copyAttempt(sharers: Sharers, memory: Omit<HeapSource, 'requirement'>): Attempt {
  const { name, source, plan } = sharers;
  const needs = plan.ports.map(({ name: port, memory }) =>
    port === name ? memoryRequirement({ cpu: 'write', device: false, count: memory.count }) : memory,
  );
  return {
    step: 'copy',
    what: 'copies',
    mayGoOn: () => true,
    async run(undo) {
      const requirement = unionRequirements(...needs);
      const pool = await allocatePool(sharers, { ...memory, requirement }, undo);
      undo.push(() => source.detach());
      return attachCapture(sharers, pool, source.copyInto(pool.buffers), undo);
    },
  };
}

/** Who chose to copy knows it; everybody else is told, with the reason. */
function warnOfCopies({ name, source }: Sharers, obstacles: readonly string[]): string {
  if (obstacles.length === 0) return `${source.device} was asked for copies (capture: 'copy')`;
  const reason = obstacles.join('; ');
  process.emitWarning(`'${name}' copies every frame: ${reason}`, {
    type: 'DmaflowCopyWarning',
    code: 'DMAFLOW_COPY',
  });
  return reason;
}

/** Buffers that a program fills: of a heap, and displays import them. */
export async function fillBuffers(
  sharers: Omit<Sharers, 'source'>,
  options: MemoryOptions,
  undo: UndoStack,
): Promise<SharedBuffers> {
  const { kernel, name, layout, plan } = sharers;
  const allocator = new DmaHeapAllocator(kernel, { heaps: options.heaps ?? {} });
  undo.push(() => allocator.close());
  const reserve = options.reserves?.get(name);
  const pool = await allocatePool(sharers, { allocator, reserve, requirement: plan.requirement }, undo);
  const displays = await attachDisplays(sharers.displays, layout, pool, undo);
  return { pool, layout, capture: undefined, displays, memory: poolMemory(pool) };
}

async function attachCapture(
  sharers: Sharers,
  pool: BufferPool,
  { config, planes }: CaptureAttachment,
  undo: UndoStack,
): Promise<Omit<SharedBuffers, 'memory'>> {
  const layout = { ...sharers.layout, planes };
  const displays = await attachDisplays(sharers.displays, layout, pool, undo);
  return { pool, layout, capture: config, displays };
}

async function attachDisplays(
  sinks: ReadonlyMap<GraphNode, OpenDisplaySink>,
  layout: FrameLayout,
  pool: BufferPool,
  undo: UndoStack,
): Promise<ReadonlyMap<GraphNode, DisplayAttachment>> {
  const displays = new Map<GraphNode, DisplayAttachment>();
  for (const [node, sink] of sinks) {
    undo.push(() => sink.detach());
    displays.set(node, await sink.attach(layout, pool.buffers, pool.source.heap));
  }
  return displays;
}

function memorySource(
  pool: BufferPool,
  step: CaptureStep,
  obstacles: readonly string[],
  trials: readonly string[],
): MemorySource {
  const why = obstacles.length > 0 ? `; ${obstacles.join('; ')}` : '';
  return { ...poolMemory(pool), capture: STEP_TEXTS[step] + why, trials };
}

function poolMemory(pool: BufferPool): MemorySource {
  const { reason, fallbacks, reused } = pool.source;
  const kept = reused === 0 ? '' : `; ${reused} of ${pool.buffers.length} buffers are those of before`;
  return {
    heap: pool.source.heap ?? 'the driver',
    reason: reason + kept,
    fallbacks: fallbacks.map((tried) => `${tried.heap}: ${tried.error.message}`),
    allocated: true,
  };
}

const STEP_TEXTS: Readonly<Record<CaptureStep, string>> = {
  import: 'the device imports these buffers (V4L2_MEMORY_DMABUF)',
  export: 'the device exports its own buffers (V4L2_MEMORY_MMAP, VIDIOC_EXPBUF), the others import them',
  copy: "the frame loop copies each frame out of the device's own buffers (V4L2_MEMORY_MMAP)",
};
