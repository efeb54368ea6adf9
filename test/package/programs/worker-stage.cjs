const { join } = require('node:path');
const { kmsSink, Pipeline, v4l2Source, workerStage } = require('dmaflow');
const { FakeKernel } = require('dmaflow/testing');

const { kernel } = FakeKernel.board();
const source = v4l2Source({ width: 320, height: 180, frames: 3 });
const stage = workerStage(join(__dirname, 'look.cjs'), { access: 'read' });
new Pipeline({ kernel }, source, stage, kmsSink()).run().then(
  ({ shown }) => console.log(`shown ${shown}`),
  (error) => {
    console.error(error.message);
    process.exitCode = 1;
  },
);
