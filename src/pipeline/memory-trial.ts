/** Asks devices whether they take memory that is cheaper than what they are assumed to need. */
import type { DmaBuf } from '../allocators/dma-buf';
import type { DmaHeapAllocator } from '../allocators/dma-heap-allocator';
import { bufferName } from '../allocators/kernel-name';
import type { MemoryRequirement } from '../allocators/memory-requirement';
import { isKernelError, type KernelError } from '../errors';
import type { Sharers } from './shared-buffers';

export interface TrialResult {
  /** What the pool may be allocated with; undefined where the plan stands. */
  requirement: MemoryRequirement | undefined;
  /** For `explain()`: what was asked, what each device answered. */
  answer: string;
}

/** Requests with which a device takes a buffer. */
const IMPORT_REQUESTS = new Set([
  'VIDIOC_QBUF',
  'VIDIOC_REQBUFS',
  'VIDIOC_EXPBUF',
  'DRM_IOCTL_PRIME_FD_TO_HANDLE',
  'DRM_IOCTL_MODE_ADDFB2',
]);

/** Whether a device said that it cannot use a buffer, as opposed to being busy, gone, or out of memory. */
export function isDeviceRefusal(error: unknown): error is KernelError {
  return (
    isKernelError(error, 'EINVAL', 'EFAULT', 'ENOTTY', 'EOPNOTSUPP') && IMPORT_REQUESTS.has(error.syscall)
  );
}

/** `VIDIOC_QBUF on /dev/video0: EFAULT`, without the advice. */
export function refusalText({ syscall, path, code }: KernelError): string {
  return `${syscall}${path ? ` on ${path}` : ''}: ${code}`;
}

/**
 * Allocates one buffer of ordinary pages and has the camera and every display import it. A buffer may be contiguous by
 * luck, so all of the pool's are to be imported before they count as taken.
 */
export async function tryPages(sharers: Sharers, allocator: DmaHeapAllocator): Promise<TrialResult> {
  const { layout, plan } = sharers;
  const stay = (answer: string): TrialResult => ({ requirement: undefined, answer });
  const choice = allocator.choice(plan.requirement);
  if (choice) return stay(`not asked: the heap was chosen by ${choice}`);
  if (!plan.requirement.contiguous) return stay('not asked: no device here needs contiguous memory');
  const [length, ...others] = layout.memoryPlanes;
  if (length === undefined || others.length > 0) {
    // __prepare_dmabuf of Linux 7.3 keeps the other planes' dma-bufs until the machine is restarted.
    return stay('not asked: Linux leaks buffers of several dma-bufs when a camera refuses them');
  }
  const requirement = { ...plan.requirement, contiguous: false, regions: [] };
  const [candidate] = allocator.candidates(requirement);
  if (!candidate || candidate.heap.kind === 'contiguous') return stay('not asked: no heap of ordinary pages');
  const request = { length, name: bufferName(`${sharers.name}-trial`), requirement };
  const trial = await allocator.allocate(request).catch(orKernelError);
  if (isKernelError(trial)) return stay(`not asked: there was no trial buffer (${refusalText(trial)})`);
  const { buffer, heap } = trial;
  using planes = buffer;
  const answers = importAnswers(sharers, planes, heap);
  const answer = `a trial buffer of ${heap}: ${answers.map(({ text }) => text).join(', ')}`;
  return answers.every(({ taken }) => taken) ? { requirement, answer } : stay(answer);
}

/** A heap that gives nothing leaves the plan as it is. */
function orKernelError(error: unknown): KernelError {
  if (isKernelError(error)) return error;
  throw error;
}

/** The camera first; the first refusal decides. */
function importAnswers(sharers: Sharers, buffer: DmaBuf, heap: string): { taken: boolean; text: string }[] {
  const answers: { taken: boolean; text: string }[] = [];
  const ask = (name: string, tryImport: () => KernelError | undefined) => {
    if (answers.some(({ taken }) => !taken)) return;
    const refusal = tryImport();
    const text = refusal ? `${name} refuses it (${refusalText(refusal)})` : `${name} takes it`;
    answers.push({ taken: refusal === undefined, text });
  };
  ask(sharers.name, () => sharers.source.tryImport([buffer], heap));
  for (const [node, sink] of sharers.displays)
    ask(node.name, () => sink.tryImport(sharers.layout, [buffer], heap));
  return answers;
}
