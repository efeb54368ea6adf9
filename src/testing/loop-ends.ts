/**
 * The ends of the fake loop that go to native code: native/frame_exchange.h in JavaScript. A fake native stage uses these; to everyone
 * else they are as opaque as the addon's.
 */
import type { NativeFiller, NativeTaker, PoolFrame } from '../native/frame-loop';

/** Fills a pool. */
export interface FakeFiller {
  /** `stopped`: there will be none any more. */
  acquire(): number | undefined | 'stopped';
  submit(index: number, frame: PoolFrame): void;
  cancel(index: number): void;
  end(): void;
  /** Called whenever a buffer has become free; undefined ends it. */
  setListener(onFree: (() => void) | undefined): void;
}

export interface FakeReceiver {
  onFrame(frame: PoolFrame & { index: number }): void;
  onEnd(): void;
}

/** Takes the frames of a tap. */
export interface FakeTaker {
  setReceiver(receiver: FakeReceiver | undefined): void;
  giveBack(index: number): void;
}

const fillers = new WeakMap<NativeFiller, FakeFiller>();
const takers = new WeakMap<NativeTaker, FakeTaker>();

export function fillerHandle(filler: FakeFiller): NativeFiller {
  const handle = Object.freeze({}) as NativeFiller;
  fillers.set(handle, filler);
  return handle;
}

export function takerHandle(taker: FakeTaker): NativeTaker {
  const handle = Object.freeze({}) as NativeTaker;
  takers.set(handle, taker);
  return handle;
}

export function fillerOf(handle: NativeFiller): FakeFiller {
  return fillers.get(handle) ?? foreign('filler');
}

export function takerOf(handle: NativeTaker): FakeTaker {
  return takers.get(handle) ?? foreign('taker');
}

function foreign(what: string): never {
  throw new TypeError(`${what} must be a ${what} of a frame loop`);
}
