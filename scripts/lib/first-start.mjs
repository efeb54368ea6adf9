// A start of the built library over the fake kernel: what it compiles is what a start on devices compiles.
import { kmsSink, loadKernel, Pipeline, v4l2Source } from 'dmaflow';
import { FakeKernel } from 'dmaflow/testing';

try {
  loadKernel();
} catch {
  // The addon may be built later.
}
const searched = new Pipeline({ kernel: FakeKernel.board().kernel }, v4l2Source(), kmsSink());
searched.explain();
await searched.stop();
const { kernel, camera, display } = FakeKernel.board();
const stated = { format: 'XRGB8888', width: 640, height: 480, fps: 30 };
const source = v4l2Source({ device: camera.path, ...stated, frames: 1 });
await new Pipeline({ kernel }, source, kmsSink({ card: display.path })).run();
