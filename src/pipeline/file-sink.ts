/** A stage that writes raw frames into a file, off the event loop. */
import { promises } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { KernelError } from '../errors';
import { type CpuStageOptions, checkedCpuOptions } from './cpu-stage';
import type { Frame } from './frame';
import { frameBytes } from './frame-bytes';
import type { OpenTransform, TransformStage } from './stage';

/** As of `cpuStage`; `policy` is `every` by default, `max` 2. */
export type FileSinkOptions = Omit<CpuStageOptions, 'access'>;

/**
 * `fileSink('out.nv12')`: writes frames one after the other as players of raw video take them: plane by plane, rows without the bytes that
 * pad them to the stride; of a compressed format what the camera filled. The file is made anew at each start.
 *
 * The bytes go from the camera's buffer to the file in the kernel's write; the frame is open for reading (DMA_BUF_IOCTL_SYNC) until it is
 * done. While a frame is written up to `max - 1` wait (`max` is 2 by default); then, by `policy`, `every` (default) skips new frames, `latest`
 * replaces the waiting one. So a slow disk costs frames in the file, counted as dropped, and never holds the camera up.
 *
 * A write that fails (a full disk: ENOSPC) stops the pipeline with a `StageError`; the file then ends with the last whole frame.
 */
export function fileSink(path: string, options: FileSinkOptions = {}): TransformStage {
  if (typeof path !== 'string' || path === '') {
    throw new TypeError(`fileSink expects the path of a file, got ${JSON.stringify(path)}`);
  }
  return {
    ...checkedCpuOptions('fileSink', { policy: 'every', max: 2, ...options, access: 'read' }),
    role: 'transform',
    defaultName: 'file',
    device: `raw frames into ${path}`,
    place: 'written off the event loop',
    open: () => FrameFile.create(path),
  };
}

class FrameFile implements OpenTransform {
  readonly #path: string;
  readonly #file: FileHandle;
  #frames = 0;
  /** Of whole frames. */
  #length = 0;

  private constructor(path: string, file: FileHandle) {
    this.#path = path;
    this.#file = file;
  }

  static async create(path: string): Promise<FrameFile> {
    try {
      return new FrameFile(path, await promises.open(path, 'w'));
    } catch (error) {
      throw fileError(error, path, 'The file cannot be made: see its folder, and who may write there');
    }
  }

  async process(frame: Frame): Promise<void> {
    using px = frame.cpuAccess('read');
    const bytes = frameBytes(frame, px.planes);
    try {
      this.#length += await writeAll(this.#file, bytes);
      this.#frames++;
    } catch (error) {
      // A device or a pipe has no length to go back to.
      await this.#file.truncate(this.#length).catch(() => undefined);
      const written = `${this.#frames} frames (${(this.#length / 2 ** 20).toFixed(1)} MiB) are in it`;
      throw fileError(
        error,
        this.#path,
        `${written}; make room, or write fewer of them (fps) to another disk`,
      );
    }
  }

  /** Waits for a write that is under way. */
  async close(): Promise<void> {
    await this.#file.close();
  }
}

/** Short writes are gone on with. Returns the bytes written: all. */
async function writeAll(file: FileHandle, bytes: readonly Uint8Array[]): Promise<number> {
  let total = 0;
  for (let left = bytes.slice(); left.length > 0; ) {
    const { bytesWritten } = await file.writev(left);
    total += bytesWritten;
    left = without(left, bytesWritten);
  }
  return total;
}

function without(bytes: readonly Uint8Array[], count: number): Uint8Array[] {
  let skip = count;
  return bytes.flatMap((each) => {
    const done = Math.min(skip, each.length);
    skip -= done;
    return done === each.length ? [] : [each.subarray(done)];
  });
}

/** The kernel's refusal in a file's words, with what to do. */
function fileError(error: unknown, path: string, advice: string): unknown {
  const { errno, syscall } = error as NodeJS.ErrnoException;
  return errno === undefined ? error : new KernelError(syscall ?? 'write', -errno, path, advice);
}
