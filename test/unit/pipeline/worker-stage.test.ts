/** Worker stages over the fake kernel, which worker threads do not see: what they do with bytes is tested on the board. */
import type { Frame } from '../../../src';
import type { FakeBoard } from '../../../src/testing';
import { compiledLibrary } from '../../support/compiled-library';

const compiled = compiledLibrary();
const { Pipeline, StageError, v4l2Source, kmsSink, workerStage } = compiled.library;
const { FakeKernel } = compiled.testing;
const SMALL = { width: 320, height: 180, fps: 60 };
let board: FakeBoard;

beforeEach(() => {
  board = FakeKernel.board();
});
afterEach(() => board.kernel.assertNothingLeft());
afterAll(() => compiled[Symbol.dispose]());

const commonJs = (name: string, body: string) => compiled.write(`${name}.cjs`, `module.exports = ${body};`);

/** Runs frames through the worker's function; resolves with those that came out of it, in order. */
async function sequences(stage: ReturnType<typeof workerStage>, frames: number): Promise<number[]> {
  const pipeline = new Pipeline({ kernel: board.kernel }, v4l2Source({ ...SMALL, frames }), stage, kmsSink());
  const seen: number[] = [];
  pipeline
    .frames('worker', { policy: 'every', max: 8 })
    .subscribe((frame: Frame) => seen.push(frame.sequence));
  await pipeline.run();
  return seen;
}

describe('the module', () => {
  it.each([
    ['CommonJS', 'a.cjs', 'module.exports = () => {};', {}],
    ['CommonJS with named exports', 'b.cjs', 'exports.look = () => {};', { export: 'look' }],
    [
      'CommonJS that was compiled from an ES module',
      'c.cjs',
      'exports.__esModule = true; exports.default = () => {};',
      {},
    ],
    ['an ES module', 'd.mjs', 'export default async () => {};', {}],
    ['an ES module with named exports', 'e.mjs', 'export const look = () => {};', { export: 'look' }],
  ])('may be %s', async (_, name, code, options) => {
    const path = compiled.write(name, code);
    const stage = workerStage(path, { access: 'read', policy: 'every', max: 4, ...options });
    expect(await sequences(stage, 3)).toEqual([0, 1, 2]);
  });

  it('may be given as a URL', async () => {
    const path = commonJs('url', '() => {}');
    const stage = workerStage(new URL(`file://${path}`), { access: 'read', policy: 'every', max: 4 });
    expect(await sequences(stage, 2)).toEqual([0, 1]);
  });

  it.each([
    [
      'does not exist',
      () => '/nowhere/stage.js',
      /stage 'worker' cannot start its worker: .*\/nowhere\/stage\.js/,
    ],
    [
      'throws',
      () => compiled.write('throws.cjs', "throw new Error('no model')"),
      /cannot start its worker: no model/,
    ],
    [
      'is no JavaScript',
      () => compiled.write('broken.mjs', 'export default ('),
      /stage 'worker' cannot start its worker: Unexpected/,
    ],
    [
      'exports no function',
      () => compiled.write('none.cjs', 'exports.a = 1; exports.b = 2;'),
      /has no function 'default' to run on frames; it exports .*'a', 'b'/,
    ],
    [
      'ends the thread',
      () => compiled.write('exits.cjs', 'process.exit(4)'),
      /lost its worker: it exited with code 4/,
    ],
  ])('that %s fails the start', async (_, path, message) => {
    const stage = workerStage(path(), { access: 'read', workers: 2 });
    const pipeline = new Pipeline({ kernel: board.kernel }, v4l2Source(SMALL), stage, kmsSink());
    await expect(pipeline.start()).rejects.toThrow(message);
    expect(pipeline.state).toBe('failed');
  });
});

it('passes frames on in order, though later ones are done first', async () => {
  const path = commonJs(
    'uneven',
    `({ frame }) => new Promise((resolve) => setTimeout(resolve, frame.sequence % 3 === 0 ? 60 : 1))`,
  );
  const stage = workerStage(path, { access: 'read', workers: 3, policy: 'every', max: 6 });
  expect(await sequences(stage, 12)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
});

it('gives the function what the frame is', async () => {
  const path = commonJs(
    'facts',
    `({ frame }) => {
      const { format, codedWidth, codedHeight, planes, bytesUsed, timestamp } = frame;
      throw new Error(JSON.stringify({ format, codedWidth, codedHeight, stride: planes[0].stride, bytesUsed, timestamp }));
    }`,
  );
  const stage = workerStage(path, { access: 'read' });
  const pipeline = new Pipeline({ kernel: board.kernel }, v4l2Source(SMALL), stage, kmsSink());
  await expect(pipeline.run()).rejects.toThrow(
    /"format":"XRGB8888","codedWidth":320,"codedHeight":180,"stride":1280,"bytesUsed":\[230400\],"timestamp":\d+/,
  );
});

describe('stops the pipeline once, by the name of the stage,', () => {
  it.each([
    ['throws', `() => { throw new RangeError('too dark'); }`, "stage 'detector' threw: too dark"],
    ['rejects', `async () => { throw 'dark'; }`, "stage 'detector' threw: dark"],
    ['exits', '() => process.exit(3)', "stage 'detector' lost its worker: it exited with code 3"],
    [
      'crashes at work',
      `() => new Promise(() => setTimeout(() => { throw new Error('later'); }, 5))`,
      "stage 'detector' lost its worker: later",
    ],
    [
      'crashes between frames',
      `({ frame }) => { if (frame.sequence === 0) setTimeout(() => { throw new Error('idle'); }, 1); }`,
      "stage 'detector' lost its worker: idle",
    ],
  ])('when the worker %s', async (title, body, message) => {
    const path = commonJs(title.replaceAll(' ', '-'), body);
    const stage = workerStage(path, { access: 'read', name: 'detector' });
    const pipeline = new Pipeline({ kernel: board.kernel }, v4l2Source(SMALL), stage, kmsSink());
    const reported: Error[] = [];
    pipeline.errors$.subscribe((error) => reported.push(error));
    await expect(pipeline.run()).rejects.toThrow(message);
    expect(reported).toHaveLength(1);
    expect(reported[0]).toBeInstanceOf(StageError);
    expect(pipeline.state).toBe('failed');
  });
});

it('stops while workers are at work: what they hold comes back when they end', async () => {
  const path = commonJs('slow', '() => new Promise((resolve) => setTimeout(resolve, 300))');
  const stage = workerStage(path, { access: 'read', workers: 2 });
  const pipeline = new Pipeline({ kernel: board.kernel }, v4l2Source(SMALL), stage, kmsSink());
  await pipeline.start();
  await new Promise((resolve) => setTimeout(resolve, 100));
  await pipeline.stop();
  expect(pipeline.state).toBe('stopped');
});

it('ends a thread whose function never returns, and says so', async () => {
  const warned = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  const stage = workerStage(commonJs('endless', '() => { for (;;); }'), { access: 'read', name: 'stuck' });
  const pipeline = new Pipeline({ kernel: board.kernel }, v4l2Source(SMALL), stage, kmsSink());
  await pipeline.start();
  await new Promise((resolve) => setTimeout(resolve, 100));
  await pipeline.stop();
  expect(pipeline.state).toBe('stopped');
  expect(warned).toHaveBeenCalledWith(
    expect.stringContaining("stage 'stuck' still works"),
    expect.anything(),
  );
  warned.mockRestore();
});

it('keeps a frame of which the worker has a clone, until it closes that', async () => {
  const path = commonJs(
    'keeps',
    `({ frame }) => { if (frame.sequence === 1) { const kept = frame.clone(); setTimeout(() => kept.close(), 100); } }`,
  );
  const stage = workerStage(path, { access: 'read', policy: 'every', max: 4 });
  expect(await sequences(stage, 12)).toHaveLength(12);
});

it('explains where it runs', async () => {
  const stage = workerStage(commonJs('nothing', '() => {}'), { access: 'read-write', workers: 2 });
  await using pipeline = new Pipeline({ kernel: board.kernel }, v4l2Source(SMALL), stage, kmsSink());
  expect(pipeline.explain()).toMatch(
    /camera -> worker: the same buffers, in 2 worker threads; CPU access read-write/,
  );
});

describe('refuses', () => {
  it.each([
    [{ access: 'none' }, TypeError, /workerStage: access must be one of read, write, read-write, got none/],
    [{ access: 'read', workers: 0 }, RangeError, /workers must be a whole number from 1 to 32, got 0/],
    [{ access: 'read', workers: 4, max: 2 }, RangeError, /max must be at least the 4 workers, got 2/],
    [{ access: 'read', policy: 'some' }, TypeError, /workerStage: policy must be/],
  ])('%p', (options, kind, message) => {
    const call = () => workerStage('/stage.js', options as unknown as { access: 'read' });
    expect(call).toThrow(kind);
    expect(call).toThrow(message);
  });

  it.each([new URL('https://example.org/stage.js'), 7 as unknown as string])('the module %s', (module) => {
    expect(() => workerStage(module, { access: 'read' })).toThrow(/workerStage expects/);
  });
});
