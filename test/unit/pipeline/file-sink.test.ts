import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cpuStage, fileSink, kmsSink, Pipeline, StageError, tee, v4l2Source } from '../../../src';
import { frameBytes } from '../../../src/pipeline/frame-bytes';
import { FakeKernel } from '../../../src/testing';

let kernel: FakeKernel;
let folder: string;
let path: string;

beforeEach(() => {
  ({ kernel } = FakeKernel.board());
  folder = mkdtempSync(join(tmpdir(), 'dmaflow-file-'));
  path = join(folder, 'out.raw');
});
afterEach(() => {
  rmSync(folder, { recursive: true });
  kernel.assertNothingLeft();
});

const camera = (more: object = {}) => v4l2Source({ width: 320, height: 180, fps: 30, frames: 5, ...more });

it('writes the frames that were captured, byte for byte, and makes the file anew at each start', async () => {
  const seen: Buffer[] = [];
  const keep = cpuStage({ access: 'read', policy: 'every', max: 8 }, ({ frame }) => {
    using px = frame.cpuAccess();
    seen.push(Buffer.concat(frameBytes(frame, px.planes)));
  });
  const pipeline = new Pipeline({ kernel }, camera(), tee(kmsSink(), keep, fileSink(path, { max: 8 })));
  writeFileSync(path, 'what was there before');
  for (const _ of ['once', 'again']) {
    const { links } = await pipeline.run();
    expect(readFileSync(path).equals(Buffer.concat(seen.splice(0)))).toBe(true);
    expect(statSync(path).size).toBe(5 * 320 * 180 * 4);
    expect(links.find(({ to }) => to === 'file')).toMatchObject({
      from: 'camera',
      frames: 5,
      access: 'read',
      cpuBytes: 5 * 320 * 180 * 4,
      syncCalls: 10,
      copies: 0,
    });
  }
});

it('a full disk stops the pipeline and says what is in the file', async () => {
  const pipeline = new Pipeline({ kernel }, camera(), tee(kmsSink(), fileSink('/dev/full')));
  const error = await pipeline.run().catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(StageError);
  expect(error).toMatchObject({
    stage: 'file',
    message: expect.stringMatching(
      /^stage 'file' threw: writev? on \/dev\/full: ENOSPC\. 0 frames \(0\.0 MiB\) are in it; make room/,
    ),
    cause: { name: 'KernelError', code: 'ENOSPC', path: '/dev/full' },
  });
});

it('a file that cannot be made fails the start, with everything given back', async () => {
  const pipeline = new Pipeline({ kernel }, camera(), fileSink(join(folder, 'none/out.raw')));
  await expect(pipeline.start()).rejects.toMatchObject({
    code: 'ENOENT',
    message: expect.stringContaining('none/out.raw: ENOENT. The file cannot be made: see its folder'),
  });
});

it('refuses no path', () => {
  expect(() => fileSink('')).toThrow('fileSink expects the path of a file, got ""');
});

describe('bytes of a frame', () => {
  const plane = (length: number, stride: number, width: number, height: number, bytesPerSample: number) => ({
    data: Uint8Array.from({ length }, (_, index) => index),
    stride,
    width,
    height,
    bytesPerSample,
  });

  it('rows without their padding, plane after plane', () => {
    const planes = [plane(16, 8, 6, 2, 1), plane(8, 8, 3, 1, 2)];
    expect(frameBytes({ format: 'NV12', bytesUsed: [24] }, planes).map((each) => [...each])).toEqual([
      [0, 1, 2, 3, 4, 5],
      [8, 9, 10, 11, 12, 13],
      [0, 1, 2, 3, 4, 5],
    ]);
  });

  it('a plane without padding in one piece, what follows it left out', () => {
    expect(frameBytes({ format: 'NV12', bytesUsed: [24] }, [plane(20, 8, 8, 2, 1)])[0]).toHaveLength(16);
  });

  it('of a compressed frame what was filled', () => {
    expect(frameBytes({ format: 'MJPEG', bytesUsed: [9] }, [plane(64, 64, 64, 1, 1)])[0]).toHaveLength(9);
  });
});
