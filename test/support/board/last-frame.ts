/** The last frame of a run, kept, and what the display shows of it. */
import {
  type Frame,
  kmsSink,
  Pipeline,
  type PixelFormatName,
  type Screenshot,
  type V4l2SourceOptions,
  v4l2Source,
} from 'dmaflow';
import { cardOf } from './devices';
import { type ShownFramebuffer, shownFramebuffers } from './drm-state';
import { until } from './until';

export interface Shot {
  /** The caller closes it. */
  frame: Frame;
  screen: Screenshot;
  /** As debugfs tells. */
  framebuffer: ShownFramebuffer;
  /** What `explain()` said while it ran. */
  explanation: string;
}

export interface ShotRequest extends V4l2SourceOptions {
  device: string;
  width: number;
  height: number;
  format: PixelFormatName;
}

const FRAMES = 4;

/** Shows some frames on vkms and holds the last; `look` gets it with the screenshot. */
export async function withLastFrame(request: ShotRequest, look: (shot: Shot) => void): Promise<void> {
  await using pipeline = new Pipeline(
    { atEnd: 'hold' },
    v4l2Source({ ...request, fps: 10, frames: FRAMES }),
    kmsSink({ card: 'vkms', writeback: true }),
  );
  let delivered = 0;
  let kept: Frame | undefined;
  using _closer = { [Symbol.dispose]: () => kept?.close() };
  pipeline.frames('camera', { policy: 'every', max: 3 }).subscribe((frame) => {
    delivered++;
    kept?.close();
    kept = frame.clone();
  });
  await pipeline.start();
  await pipeline.ended;
  await until(`all ${FRAMES} frames in JavaScript`, () => delivered === FRAMES);
  const screen = await pipeline.screenshot();
  const [framebuffer] = shownFramebuffers(cardOf('vkms'));
  if (!kept || !framebuffer) throw new Error('no frame, or nothing on the screen');
  look({ frame: kept, screen, framebuffer, explanation: pipeline.explain() });
}
