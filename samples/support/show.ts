/** From start to end, as every sample with a display does it. */
import type { Pipeline, PipelineStats } from 'dmaflow';
import { showLive } from './figures';
import type { SampleOptions } from './options';
import { keepPicture } from './picture';

/**
 * Explains, starts, shows a live line, waits for the end of the source (or the signal), saves the picture where one is asked for, stops.
 * The pipeline holds its last frame (`atEnd: 'hold'`), so that there is a picture to save.
 */
export async function showUntilEnd(
  pipeline: Pipeline,
  options: SampleOptions,
  signal: AbortSignal,
): Promise<PipelineStats> {
  console.log(pipeline.explain());
  showLive(pipeline);
  await pipeline.start({ signal });
  const picture = options.png === undefined ? undefined : keepPicture(pipeline, options.png);
  await pipeline.ended;
  if (pipeline.state === 'ended') await picture?.save();
  await pipeline.stop();
  return pipeline.finished;
}
