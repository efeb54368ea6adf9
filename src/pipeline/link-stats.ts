/** What happens to frames on each link of the graph: who touched their bytes, and what it cost. Plain values. */
import type { CpuUse } from '../allocators/cpu-use';
import type { CpuAccessMode } from '../allocators/memory-requirement';

/**
 * What a source or a converter says of the copies that a CPU makes in it, counted where it is done, in native code too. One that makes
 * none says nothing.
 */
export interface CopyReport {
  /** What is copied and why, for people: `vivid takes no dma-bufs (VIDIOC_REQBUFS: EINVAL), so each frame is copied`. */
  readonly reason: string;
  /** So far, whole frames. */
  readonly frames: number;
  /** So far, written. */
  readonly bytes: number;
  /** So far, DMA_BUF_IOCTL_SYNC around the copies. */
  readonly syncCalls?: number;
}

/** Copies that the frame loop makes of every frame, and counts. */
export interface LoopCopies {
  /** As in a {@link CopyReport}. */
  reason: string;
  /** DMA_BUF_IOCTL_SYNC around each. */
  syncCalls: number;
}

/**
 * One link: from a stage to the next, or from the device to the source. Frames go over it by reference; what is not zero below
 * `notDue` says otherwise, or what a CPU did with them at its end.
 */
export interface LinkStats {
  /** The stage, or the device of the source: `vivid (/dev/video0)`. */
  from: string;
  to: string;
  /** What its stage declared that a CPU does with the bytes, in place; undefined: nothing. */
  access: CpuAccessMode | undefined;
  /** Why frames are copied on it; undefined: they are not. */
  copyReason: string | undefined;
  /** Frames that came out at its end: captured, shown, through the stage's function. */
  frames: number;
  /** Frames that a newer one replaced on it. */
  dropped: number;
  /** Frames that the stage's `fps` did not ask for. */
  notDue: number;
  /**
   * Bytes that a CPU could touch at its end: of each frame that the stage opened (`cpuAccess`), all bytes of its planes, once for each
   * time it opened them, and the bytes of frames copied on the link. Devices' work (DMA) is none.
   */
  cpuBytes: number;
  /** Times that the stage opened a frame's bytes for writing. */
  cpuWrites: number;
  /** Frames that a CPU copied or converted on the link into other buffers. */
  copies: number;
  /** DMA_BUF_IOCTL_SYNC calls that the stage's accesses caused. */
  syncCalls: number;
  /** Microseconds in these calls. */
  syncTime: number;
  /** Frames that the stage had to wait for, as a device still worked on them. */
  fenceWaits: number;
  /** Heaps that were tried for the buffers of this link and could not give the memory. Links with the same buffers have the same number. */
  heapFallbacks: number;
}

/** What is known of a link; what is left out did not happen (yet). */
export interface LinkWork {
  from: string;
  to: string;
  access?: CpuAccessMode | undefined;
  frames?: number;
  dropped?: number;
  notDue?: number;
  use?: Readonly<CpuUse> | undefined;
  copied?: CopyReport | undefined;
  fenceWaits?: number;
  heapFallbacks?: number;
}

export function linkStats(work: LinkWork): LinkStats {
  const { from, to, access, use, copied } = work;
  return {
    from,
    to,
    access,
    copyReason: copied?.reason,
    frames: work.frames ?? 0,
    dropped: work.dropped ?? 0,
    notDue: work.notDue ?? 0,
    cpuBytes: (use?.bytes ?? 0) + (copied?.bytes ?? 0),
    cpuWrites: use?.writes ?? 0,
    copies: copied?.frames ?? 0,
    syncCalls: (use?.syncCalls ?? 0) + (copied?.syncCalls ?? 0),
    syncTime: Math.round(use?.syncTime ?? 0),
    fenceWaits: work.fenceWaits ?? 0,
    heapFallbacks: work.heapFallbacks ?? 0,
  };
}
