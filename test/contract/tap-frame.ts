/** A frame that a tap brought, as an object: the arguments of the listener's `onFrame`. */
import type { FrameLoopListener } from '../../src/native/frame-loop';

export interface TapFrame {
  tap: number;
  capture: number;
  index: number;
  sequence: number;
  timestamp: number;
  bytesUsed: number[];
}

/** An `onFrame` that keeps the frames. */
export function keepIn(frames: TapFrame[]): FrameLoopListener['onFrame'] {
  return (tap, capture, index, sequence, timestamp, ...bytesUsed) => {
    frames.push({ tap, capture, index, sequence, timestamp, bytesUsed });
  };
}
