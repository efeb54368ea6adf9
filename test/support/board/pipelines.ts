/** Short runs of a camera on a display, as their user writes them. */
import { kmsSink, Pipeline, type PipelineStats, type V4l2SourceOptions, v4l2Source } from 'dmaflow';

/** vivid's first camera, small and fast, where nothing else is asked. */
export function smallCamera(options: V4l2SourceOptions = {}) {
  const selector = options.device === undefined ? { driver: 'vivid' } : {};
  return v4l2Source({ ...selector, width: 320, height: 240, fps: 60, ...options });
}

/** Runs until three frames were captured. */
export async function shortRun(camera: V4l2SourceOptions = {}, card = 'vkms'): Promise<PipelineStats> {
  await using pipeline = new Pipeline(smallCamera({ frames: 3, ...camera }), kmsSink({ card }));
  return await pipeline.run();
}

/** Fails where a new run of the camera and the display does not start and show its frames. */
export async function expectNextRun(): Promise<void> {
  const { captured, shown } = await shortRun();
  expect(captured).toBe(3);
  expect(shown).toBeGreaterThan(0);
}

/** The error that a pipeline ends in, at its start or later; everything is given back. */
export async function failureOf(pipeline: Pipeline): Promise<Error> {
  await using owned = pipeline;
  const outcome = await owned.run().then(
    () => undefined,
    (error: unknown) => error,
  );
  if (outcome instanceof Error) return outcome;
  throw new Error(outcome === undefined ? 'the pipeline did not fail' : `it failed with ${String(outcome)}`);
}
