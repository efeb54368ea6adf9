import { errnoNumber, InvalidStateError, isKernelError, KernelError } from '../errors';
import type { DisplayConfig, DisplayStats } from '../native/frame-loop';
import {
  DRM_MODE_ATOMIC_ALLOW_MODESET,
  DRM_MODE_ATOMIC_NONBLOCK,
  DRM_MODE_PAGE_FLIP_EVENT,
  type KmsCommitRequest,
  type KmsFlipEvent,
  type KmsPropertyValue,
} from '../native/kms';
import { FrameReference, type LoopQueue } from './loop-queue';

const ATOMIC = 'DRM_IOCTL_MODE_ATOMIC';
const BUSY_RETRY_MS = 1;
const REPEAT_AFTER_MS = 100;
const HUNG_MS = 5000;
const FENCE_HUNG_MS = 20_000;

/** What a display needs of the kernel: commits, fences, and fds of its own. */
export interface DisplayKernel {
  kmsCommit(fd: number, request: KmsCommitRequest): number[];
  syncFileWait(fd: number, timeoutMs: number): Promise<boolean>;
  close(fd: number): void;
}

interface DisplayFrame {
  reference: FrameReference;
  framebuffer: number;
  fence: number | undefined;
  /** On screen already; committed again for the sake of a request. */
  repeated: boolean;
}

interface CommitOnce {
  properties: KmsPropertyValue[];
  outFence: { objectId: number; propertyId: number } | undefined;
  received: number;
  resolve(): void;
  reject(error: Error): void;
}

/** One display of the loop: what is on its screen, on the way there, and waiting. */
export class LoopDisplay {
  readonly #framebuffers = new Map<LoopQueue, readonly number[]>();
  readonly #latencies: number[] = [];
  readonly #counts = { committed: 0, shown: 0, dropped: 0, lastFlip: 0 };
  #next: DisplayFrame | undefined;
  #pending: DisplayFrame | undefined;
  #onScreen: DisplayFrame | undefined;
  #fenced: DisplayFrame | undefined;
  #requests: CommitOnce[] = [];
  #awaiting: CommitOnce[] = [];
  /** Out-fences of requests that are committed: nothing else is until they have signalled. */
  readonly #outFences = new Map<number, CommitOnce>();
  #token = 0;
  #modesetDone = false;
  #stopping = false;
  #busySince: number | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  failure: KernelError | undefined;

  constructor(
    readonly id: number,
    readonly config: DisplayConfig,
    private readonly kernel: DisplayKernel,
    /** Something changed by itself: a timer, a fence. */
    private readonly onChange: () => void,
  ) {}

  get flipPending(): boolean {
    return !this.failure && this.#pending !== undefined;
  }

  /** Everything that came is on the screen, or never will be. */
  get settled(): boolean {
    return this.failure !== undefined || !(this.#next || this.#fenced || this.#pending);
  }

  get stats(): DisplayStats {
    return { ...this.#counts, latency: summary(this.#latencies) };
  }

  link(queue: LoopQueue, framebuffers: readonly number[]): void {
    this.#framebuffers.set(queue, framebuffers);
  }

  shows(queue: LoopQueue): boolean {
    return this.#framebuffers.has(queue);
  }

  show(queue: LoopQueue, index: number, fence?: number): void {
    if (this.failure || this.#stopping) {
      if (fence !== undefined) this.kernel.close(fence);
      return;
    }
    if (this.#next) {
      this.#counts.dropped += 1;
      this.#abandon(this.#next);
    }
    const framebuffer = this.#framebuffers.get(queue)?.[index] ?? 0;
    this.#next = {
      reference: new FrameReference(queue, index, 'display'),
      framebuffer,
      fence,
      repeated: false,
    };
  }

  commitOnce(properties: KmsPropertyValue[], outFence: CommitOnce['outFence']): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.failure) reject(this.failure);
      else this.#requests.push({ properties, outFence, received: performance.now(), resolve, reject });
    });
  }

  /** Commits what can be. Called after everything that may have changed what is to be done. */
  advance(): void {
    const waits = this.#pending || this.#fenced || this.#outFences.size > 0;
    if (this.failure || this.#stopping || waits) return;
    const next = this.#next;
    const [request] = this.#requests;
    if (next) {
      this.#next = undefined;
      if (next.fence !== undefined && this.config.inFenceProperty === undefined) this.#waitForFence(next);
      else this.#commit(next);
    } else if (this.#onScreen && request) {
      const wait = request.received + REPEAT_AFTER_MS - performance.now();
      if (wait > 0) this.#later(wait);
      else this.#commit({ ...this.#copy(this.#onScreen), repeated: true });
    }
  }

  /** False where the event is not of this display's commit. */
  flipped(event: KmsFlipEvent): boolean {
    const frame = this.#pending;
    if (!frame || event.userData !== this.#token || event.crtcId !== this.config.crtcId) return false;
    this.#pending = undefined;
    this.#counts.lastFlip = event.timestamp;
    if (!frame.repeated) {
      this.#counts.shown += 1;
      const { queue, index } = frame.reference;
      this.#latencies.push(Math.max(0, event.timestamp - queue.info(index).timestamp));
    }
    this.#onScreen?.reference.drop();
    this.#onScreen = frame;
    for (const request of this.#awaiting.splice(0)) request.resolve();
    return true;
  }

  fail(error: KernelError): void {
    if (this.failure) return;
    this.failure = error;
    this.#dropUncommitted();
    this.#rejectAll(error);
  }

  beginStop(): void {
    if (this.#stopping) return;
    this.#stopping = true;
    this.#dropUncommitted();
    this.#rejectAll(new InvalidStateError('the frame loop was stopped before the commit was shown'));
  }

  /** The loop is over: lets go of what is on the screen too. */
  end(): void {
    this.#pending?.reference.drop();
    this.#onScreen?.reference.drop();
    this.#pending = undefined;
    this.#onScreen = undefined;
  }

  #commit(frame: DisplayFrame): void {
    const request = this.#requests.shift();
    try {
      const [fence] = this.#submit(frame, request);
      this.#committed(frame, request, fence);
    } catch (error) {
      if (!isKernelError(error)) throw error;
      if (error.code === 'EBUSY') this.#busy(frame, request, error);
      else if (request) {
        request.reject(error);
        if (frame.repeated) this.#abandon(frame);
        else this.#commit(frame);
      } else {
        this.#abandon(frame);
        this.fail(error);
      }
    }
  }

  #submit(frame: DisplayFrame, request: CommitOnce | undefined): number[] {
    const { fd, planeId, fbIdProperty, inFenceProperty, modeset } = this.config;
    const fence = frame.fence !== undefined && inFenceProperty !== undefined;
    const flags = DRM_MODE_ATOMIC_NONBLOCK | DRM_MODE_PAGE_FLIP_EVENT;
    this.#token += 1;
    return this.kernel.kmsCommit(fd, {
      properties: [
        ...(this.#modesetDone ? [] : modeset),
        { objectId: planeId, propertyId: fbIdProperty, value: frame.framebuffer },
        ...(fence ? [{ objectId: planeId, propertyId: inFenceProperty, value: frame.fence ?? -1 }] : []),
        ...(request?.properties ?? []),
      ],
      flags: !this.#modesetDone || request ? flags | DRM_MODE_ATOMIC_ALLOW_MODESET : flags,
      ...(request?.outFence && { outFences: [request.outFence] }),
      userData: this.#token,
    });
  }

  #committed(frame: DisplayFrame, request: CommitOnce | undefined, outFence: number | undefined): void {
    this.#modesetDone = true;
    this.#busySince = undefined;
    this.#counts.committed += 1;
    this.#closeFence(frame);
    this.#pending = frame;
    if (!request) return;
    if (outFence === undefined || outFence < 0) {
      this.#awaiting.push(request);
      return;
    }
    this.#outFences.set(outFence, request);
    void this.kernel.syncFileWait(outFence, FENCE_HUNG_MS).then((signalled) => {
      if (!this.#outFences.delete(outFence)) return;
      this.kernel.close(outFence);
      if (signalled) request.resolve();
      else request.reject(new KernelError(ATOMIC, errnoNumber('ETIMEDOUT')));
      this.onChange();
    });
  }

  #busy(frame: DisplayFrame, request: CommitOnce | undefined, error: KernelError): void {
    if (request) this.#requests.unshift(request);
    this.#busySince ??= performance.now();
    if (performance.now() - this.#busySince >= HUNG_MS) {
      this.#abandon(frame);
      this.fail(error);
      return;
    }
    if (frame.repeated) this.#abandon(frame);
    else this.#next = frame;
    this.#later(BUSY_RETRY_MS);
  }

  #waitForFence(frame: DisplayFrame): void {
    this.#fenced = frame;
    void this.kernel.syncFileWait(frame.fence ?? -1, HUNG_MS).then((signalled) => {
      if (this.#fenced !== frame) return;
      this.#fenced = undefined;
      this.#closeFence(frame);
      if (signalled) this.#commit(frame);
      else {
        this.#abandon(frame);
        this.fail(new KernelError('poll', errnoNumber('ETIMEDOUT')));
      }
      this.onChange();
    });
  }

  #copy(frame: DisplayFrame): DisplayFrame {
    const { queue, index } = frame.reference;
    return { ...frame, reference: new FrameReference(queue, index, 'display') };
  }

  #dropUncommitted(): void {
    clearTimeout(this.#timer);
    for (const frame of [this.#next, this.#fenced]) if (frame) this.#abandon(frame);
    this.#next = undefined;
    this.#fenced = undefined;
  }

  #abandon(frame: DisplayFrame): void {
    this.#closeFence(frame);
    frame.reference.drop();
  }

  #closeFence(frame: DisplayFrame): void {
    if (frame.fence !== undefined) this.kernel.close(frame.fence);
    frame.fence = undefined;
  }

  #rejectAll(error: Error): void {
    const committed = [...this.#outFences];
    this.#outFences.clear();
    for (const [fence, request] of committed) {
      this.kernel.close(fence);
      request.reject(error);
    }
    for (const request of [...this.#requests.splice(0), ...this.#awaiting.splice(0)]) request.reject(error);
  }

  #later(milliseconds: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.onChange(), milliseconds);
  }
}

function summary(samples: readonly number[]): DisplayStats['latency'] {
  const sorted = [...samples].sort((a, b) => a - b);
  const at = (fraction: number) => sorted[Math.max(0, Math.ceil(sorted.length * fraction) - 1)] ?? 0;
  const mean = sorted.length === 0 ? 0 : sorted.reduce((sum, value) => sum + value, 0) / sorted.length;
  return { min: sorted[0] ?? 0, mean, p50: at(0.5), p99: at(0.99), max: sorted.at(-1) ?? 0 };
}
