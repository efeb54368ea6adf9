/** What the stages of GStreamer have in common while they are open: a pipeline of their own, and its end. */
import type { KernelError } from '../errors';
import type { Caps } from '../pipeline/caps';
import type { PortNeed } from '../pipeline/stage';
import { StagePipeline } from './stage-pipeline';

/** What elements do with the buffers of a port, for `explain()`. */
export const READS = 'elements of GStreamer read it';
export const WRITES = 'elements of GStreamer write it';

export abstract class OpenGstStage {
  readonly device: string;
  /** Of what comes in; of what it makes where nothing does. */
  readonly caps: readonly Caps[];
  readonly requirement: PortNeed;
  protected readonly pipeline: StagePipeline;

  /** @throws GstError with nothing left open. */
  constructor(
    name: string,
    description: string,
    ends: { input: boolean; output: boolean },
    requirement: PortNeed,
  ) {
    this.device = `GStreamer (${description})`;
    this.requirement = requirement;
    this.pipeline = new StagePipeline(name, description, ends);
    try {
      this.caps = ends.input ? this.pipeline.inputCaps() : this.pipeline.outputCaps();
    } catch (error) {
      this.pipeline.close();
      throw error;
    }
  }

  stop(): Promise<void> {
    return this.pipeline.stop();
  }

  detach(): void {
    this.pipeline.disconnect();
  }

  close(): void {
    this.pipeline.close();
  }

  advise(error: KernelError): KernelError {
    return error;
  }
}
