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
  const boards = [FakeKernel.board(), FakeKernel.board()] as const;
  const [{ camera, display }] = boards;
  const stated = { format: 'XRGB8888', width: 640, height: 480, fps: 30 } as const;
  const named = [v4l2Source({ device: camera.path, ...stated }), kmsSink({ card: display.path })] as const;
  const pipelines = [
    new Pipeline({ kernel: boards[0].kernel }, ...named),
    new Pipeline({ kernel: boards[1].kernel }, v4l2Source(), kmsSink()),
  ];
  try {
    loadKernel();
  } catch {
    // The addon may be built later.
  }
  for (const pipeline of pipelines) await pipeline.start();
  for (const [file, script] of scripts) writeCache(file, script);
  for (const pipeline of pipelines) await pipeline.stop();
}

void main();
