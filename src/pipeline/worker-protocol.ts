/**
 * What a worker stage and its threads tell each other. A frame crosses as descriptors and layout: its bytes are in memory that both
 * threads map.
 */
import type { CpuUse } from '../allocators/cpu-use';
import type { DmaBufReference } from '../allocators/dma-buf';
import type { CpuAccessMode } from '../allocators/memory-requirement';
import type { FrameMetadata } from './frame';
import type { FrameLayout } from './frame-layout';

/** `workerData` of a thread. */
export interface WorkerSetup {
  /** `file:` URL of the module with the function. */
  module: string;
  /** Name of its export. */
  exportName: string;
  /** The stage's name. */
  stage: string;
  access: CpuAccessMode;
  layout: FrameLayout;
}

/** One frame to work on; the next one comes after its `done`. */
export interface FrameMessage extends FrameMetadata {
  type: 'frame';
  id: number;
  /** By memory plane; open in the sending thread until the frame is released. */
  buffers: DmaBufReference[];
}

export type ToWorker = FrameMessage | { type: 'close' };

/** An error as plain values: not every error can be cloned. */
export interface SentError {
  name: string;
  message: string;
  stack: string | undefined;
}

export type FromWorker =
  /** The module is loaded, and the function is one. */
  | { type: 'ready' }
  /** It is not; nothing else follows. */
  | { type: 'unusable'; error: SentError }
  /**
   * The function has ended. `released`: nobody in the thread holds the frame any more; otherwise `released` follows.
   * `fenced`: the function added a fence to the frame. `use`: what the thread did with the bytes of frames so far.
   */
  | {
      type: 'done';
      id: number;
      released: boolean;
      fenced: boolean;
      error: SentError | undefined;
      use: CpuUse;
    }
  | { type: 'released'; id: number };

export function sendError(error: unknown): SentError {
  if (error instanceof Error) return { name: error.name, message: error.message, stack: error.stack };
  return { name: 'Error', message: String(error), stack: undefined };
}

export function receiveError({ name, message, stack }: SentError): Error {
  const error = new Error(message);
  error.name = name;
  if (stack !== undefined) error.stack = stack;
  return error;
}
