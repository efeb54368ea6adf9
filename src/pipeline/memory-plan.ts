/**
 * Memory negotiation: pure. What a link needs of its buffers is the union over its producer and all its consumers; the counts
 * add up, as each may hold its buffers while the others hold theirs.
 */
import {
  type CpuAccessMode,
  type MemoryRequirement,
  memoryRequirement,
  unionRequirements,
} from '../allocators/memory-requirement';
import type { CreditPolicy } from './stage';

/** Buffers that stay with the camera whatever JavaScript does: one being filled, one to go on with. */
export const CAMERA_HOLD = 2;
/** Of what a program fills: one being filled, one to go on with. */
export const FILLER_HOLD = 2;
/** One on the screen, one whose flip is pending, one that waits. */
export const DISPLAY_HOLD = 3;
/** V4L2 queues have at most this many (VIDEO_MAX_FRAME). */
const MOST_BUFFERS = 32;

/** A port's side of the memory negotiation. */
export interface PortRequirement {
  /** Stage, for people. */
  name: string;
  memory: MemoryRequirement;
  /** What it does with the memory: `vivid writes it by DMA`. */
  use: string;
}

export interface MemoryPlan {
  requirement: MemoryRequirement;
  /** Buffers. */
  count: number;
  /** How the count came about: `camera 2 + display 3`. */
  countReason: string;
  ports: readonly PortRequirement[];
}

/**
 * @param buffers the user's own count; binding.
 * @throws RangeError for a count with which no frames would flow.
 */
export function planMemory(ports: readonly PortRequirement[], buffers?: number): MemoryPlan {
  if (buffers !== undefined) checkCount(buffers, ports);
  const requirement = unionRequirements(...ports.map((port) => port.memory));
  const needed = Math.min(MOST_BUFFERS, requirement.count);
  const shares = ports.map((port) => `${port.name} ${port.memory.count}`).join(' + ');
  return {
    requirement,
    count: buffers ?? needed,
    countReason: buffers === undefined ? shares : `as asked; the stages may hold ${shares}`,
    ports,
  };
}

/** With fewer than two the one on the screen is never replaced; JavaScript is not lent what the camera holds. */
function checkCount(buffers: number, ports: readonly PortRequirement[]): void {
  const fewest = CAMERA_HOLD + (ports.some(({ memory }) => memory.cpu !== 'none') ? 1 : 0);
  if (Number.isInteger(buffers) && buffers >= fewest && buffers <= MOST_BUFFERS) return;
  throw new RangeError(
    `buffers: expected a whole number from ${fewest} to ${MOST_BUFFERS}, got ${buffers}; left out, it is what the stages need`,
  );
}

/** What someone in JavaScript needs who may hold `max` frames: those, and what waits for its turn. */
export function cpuRequirement(
  name: string,
  access: CpuAccessMode,
  credit: { max: number; policy: CreditPolicy },
): PortRequirement {
  const waiting = credit.policy === 'every' ? credit.max : 1;
  return {
    name,
    memory: memoryRequirement({ cpu: access, device: false, count: credit.max + waiting }),
    use: `the CPU ${access === 'read' ? 'reads' : access === 'write' ? 'writes' : 'reads and writes'} it`,
  };
}
