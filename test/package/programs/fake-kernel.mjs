import { kmsSink, Pipeline, v4l2Source } from 'dmaflow';
import { FakeKernel } from 'dmaflow/testing';

const { kernel } = FakeKernel.board();
const pipeline = new Pipeline({ kernel }, v4l2Source({ width: 320, height: 180, frames: 3 }), kmsSink());
const shown = [];
pipeline.stats$.subscribe((stats) => shown.push(stats.shown));
await pipeline.run();
kernel.assertNothingLeft();
console.log(`shown ${shown.at(-1)}`);
