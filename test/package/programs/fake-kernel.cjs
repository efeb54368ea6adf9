const { kmsSink, Pipeline, v4l2Source } = require('dmaflow');
const { FakeKernel } = require('dmaflow/testing');

const { kernel } = FakeKernel.board();
const source = v4l2Source({ width: 320, height: 180, frames: 3 });
new Pipeline({ kernel }, source, kmsSink()).run().then(({ shown }) => {
  kernel.assertNothingLeft();
  console.log(`shown ${shown}`);
});
