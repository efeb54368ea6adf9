/** What the user may say of a pipeline as a whole. */
import type { HeapPreferences } from '../allocators/heap-policy';
import type { Kernel } from '../native/kernel';
import type { MemoryChoice } from './shared-buffers';
import type { CreditPolicy, SourceChanges } from './stage';

export interface PipelineOptions {
  /** Heaps by intent; wins over `DMAFLOW_HEAP_CONTIGUOUS` and `DMAFLOW_HEAP_CPU`. */
  heaps?: HeapPreferences;
  /**
   * `contiguous` (default): devices get contiguous memory, as those without an IOMMU need it. `auto`: camera and displays are
   * asked whether they take ordinary pages; where all do, CMA is spared. A heap that is chosen by `heaps` wins.
   */
  memory?: MemoryChoice;
  /**
   * Puts `convert()` before each stage that takes none of the formats that come to it; false by default, as it costs CPU time and
   * memory. `explain()` shows where.
   */
  autoConvert?: boolean;
  /** Number of the source's buffers; by default what the stages need at once. */
  buffers?: number;
  /** At the end of a source with a frame limit: `stop` (default), or `hold` the last frame on the screen until `stop()`. */
  atEnd?: 'stop' | 'hold';
  /** Milliseconds between two values of `stats$`; 1000 by default. */
  statsInterval?: number;
  /** The kernel to work on: the real one by default, `FakeKernel` of `dmaflow/testing` in tests. */
  kernel?: Kernel;
}

/** What `renegotiate()` may change; what is left out stays. */
export interface Renegotiation extends SourceChanges {
  /** Number of buffers. */
  buffers?: number;
}

export interface FramesOptions {
  /** `latest` (default) skips to the newest frame, `every` lets up to `max` wait in order. */
  policy?: CreditPolicy;
  /** Frames that the subscriber may hold at once; 1 by default. */
  max?: number;
  /** Frames a second, by the frames' own time; all by default. */
  fps?: number;
}
