/**
 * Makes the code caches of the built library, for the Node that runs this: `node dist/code-cache/make.js`. The set-up and
 * the installation of the package do so. What a start compiles goes into them, so one is made here, on a kernel of JavaScript.
 */
import { join } from 'node:path';
import { load, loadedScripts, writeCache } from './load';

const folder = join(__dirname, '../code');

async function main(): Promise<void> {
  const { Pipeline, v4l2Source, kmsSink, loadKernel } = load(folder, 'index.js') as typeof import('../index');
  const scripts = [...loadedScripts()];
  const { FakeKernel } = require('../testing/index.js') as typeof import('../testing');
  const { kernel, camera, display } = FakeKernel.board();
  const [source, sink] = [{ device: camera.path, frames: 3 }, { card: display.path }];
  await new Pipeline({ kernel }, v4l2Source(source), kmsSink(sink)).run();
  await new Pipeline(
    { kernel },
    v4l2Source({ ...source, format: 'XRGB8888', width: 640, height: 480, fps: 30 }),
    kmsSink(),
  ).run();
  try {
    loadKernel();
  } catch {
    // The addon may be built later.
  }
  for (const [file, script] of scripts) writeCache(file, script);
}

void main();
