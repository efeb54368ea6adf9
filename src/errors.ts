/**
 * The errors of dmaflow. A caller's own mistake is a `TypeError` or `RangeError` (what was expected, what came);
 * everything else is one of these. Every message ends with what to do next where that is known.
 */
import { constants } from 'node:os';

/**
 * The kernel refused an operation. Shaped as Node's own system errors: `code` (`EBUSY`), `errno` (negative, as
 * Node's), `syscall` (the request as the kernel spells it, `VIDIOC_S_FMT`), `path` (the device node).
 */
export class KernelError extends Error {
  override readonly name = 'KernelError';
  readonly code: string;
  readonly errno: number;
  readonly syscall: string;
  readonly path: string | undefined;
  /** What to do next, where that is known. */
  readonly advice: string | undefined;

  /** @param errno positive, as in errno.h. */
  constructor(syscall: string, errno: number, path?: string, advice?: string) {
    const code = errnoName(errno);
    super(`${syscall}${path ? ` on ${path}` : ''}: ${code}${advice ? `. ${advice}` : ''}`);
    this.code = code;
    this.errno = -errno;
    this.syscall = syscall;
    this.path = path;
    this.advice = advice;
  }

  /** The same error with what to do next; the original is its cause. */
  advise(advice: string, path: string | undefined = this.path): KernelError {
    const error = new KernelError(this.syscall, -this.errno, path, advice);
    error.cause = this;
    return error;
  }
}

/** Two ends of a link have nothing in common. Carries what both offered and the field that clashed. */
export class NegotiationError extends Error {
  override readonly name = 'NegotiationError';
  /** The field that clashed: `format`, `size`, `fps`, `memory`. */
  readonly field: string;
  readonly producer: unknown;
  readonly consumer: unknown;
  /** Name of the stage that took nothing of what was offered, where it was one. */
  readonly stage: string | undefined;

  constructor(
    message: string,
    details: { field: string; producer?: unknown; consumer?: unknown; stage?: string | undefined },
  ) {
    super(message);
    this.field = details.field;
    this.producer = details.producer;
    this.consumer = details.consumer;
    this.stage = details.stage;
  }
}

/** Something was used after it was closed, or before it was started. */
export class InvalidStateError extends Error {
  override readonly name = 'InvalidStateError';
}

/** This machine, kernel or device cannot do what was asked. */
export class UnsupportedError extends Error {
  override readonly name = 'UnsupportedError';
}

/** `assertZeroCopy()` found a CPU that copies, or may: the link and the reason. */
export class CopyError extends Error {
  override readonly name = 'CopyError';
  /** Stage or device that the link comes from. */
  readonly from: string;
  readonly to: string;
  readonly reason: string;

  constructor(from: string, to: string, reason: string) {
    super(`not zero-copy: ${from} -> ${to}: ${reason}`);
    this.from = from;
    this.to = to;
    this.reason = reason;
  }
}

/** A stage of the user's own failed: names the stage; what it threw is the `cause`. */
export class StageError extends Error {
  override readonly name = 'StageError';
  readonly stage: string;

  /** @param what happened, where it is not that its function threw. */
  constructor(stage: string, cause: unknown, what = 'threw') {
    // An error of another realm or thread is no Error of this one.
    const { message } = Object(cause) as Partial<Error>;
    const reason = typeof message === 'string' ? message : String(cause);
    super(`stage '${stage}' ${what}: ${reason}`, { cause });
    this.stage = stage;
  }
}

/** Of numbers with two names, the kernel's own. */
const SECOND_NAMES = new Set(['EWOULDBLOCK', 'ENOTSUP']);
const ERRNO_NAMES = new Map(
  Object.entries(constants.errno).flatMap(([name, errno]) => (SECOND_NAMES.has(name) ? [] : [[errno, name]])),
);

/** `EBUSY` for 16. Unknown numbers give `errno 1234`. */
export function errnoName(errno: number): string {
  return ERRNO_NAMES.get(errno) ?? `errno ${errno}`;
}

/** Positive errno of a name, as in errno.h: 16 for `EBUSY`. */
export function errnoNumber(code: keyof typeof constants.errno): number {
  return constants.errno[code];
}

/** Whether an error is the kernel's, with one of these codes (any, where none is given). */
export function isKernelError(error: unknown, ...codes: string[]): error is KernelError {
  return error instanceof KernelError && (codes.length === 0 || codes.includes(error.code));
}
