/** What the second addon exports (`native/gst_*`). Pipelines are ids, elements are addresses from node-gtk. */
import type { InvalidStateError, KernelError } from '../errors';
import type { GstMessage, GstState } from './messages';
import type { GstStageAddon } from './stage-addon';
import type { GstValue } from './values';

/** How GStreamer answered a change of state. */
export type StateChangeResult = 'success' | 'async' | 'no-preroll' | 'failure';

export interface SeekRequest {
  /** Microseconds. */
  position: number;
  rate: number;
  flush: boolean;
  keyFrame: boolean;
}

/** A property of an element's class. */
export interface PropertyDescription {
  name: string;
  /** GLib's fundamental type: `gboolean`, `gint`, `GEnum`, `GBoxed`, … */
  type: string;
  /** `GstCaps`, `GstFraction`, … */
  valueType: string;
  /** Of an enum: its nicks. */
  values: string[];
  readable: boolean;
  writable: boolean;
}

export interface GstAddon extends GstStageAddon {
  /** Comes before everything else: the addon throws these errors. */
  initialize(options: {
    KernelError: typeof KernelError;
    InvalidStateError: typeof InvalidStateError;
    TypeError: typeof TypeError;
    RangeError: typeof RangeError;
  }): void;

  /** Of the library that is loaded: `1.22.0`. */
  gstVersion(): string;
  /** Once; again does nothing. */
  initializeGStreamer(): void;
  /** Every element factory in GStreamer's registry. */
  elementNames(): string[];

  /** Runs GLib's default main context in this thread's event loop; again does nothing. */
  attachMainContext(): void;
  /** While held, the process does not end by itself. Counted. */
  holdProcess(): void;
  releaseProcess(): void;

  isPipeline(address: number): boolean;
  /** Takes a reference. `onMessage` hears what comes over the pipeline's bus. */
  adoptPipeline(address: number, onMessage: (message: GstMessage) => void): number;
  /** Gives the reference back; the pipeline is in `null` by now. */
  releasePipeline(pipeline: number): void;
  /** Delivers what waits on the bus now, before this returns. */
  deliverMessages(pipeline: number): void;
  /** All elements, those inside of bins too. */
  elements(pipeline: number): { name: string; factory: string | null }[];

  /** These may wait for a streaming thread: they run on another thread than JavaScript. */
  setState(pipeline: number, state: GstState): Promise<StateChangeResult>;
  /** Microseconds; null where it is not known (yet). */
  queryPosition(pipeline: number): Promise<number | null>;
  queryDuration(pipeline: number): Promise<number | null>;
  /** `async`: the message async-done tells when the sinks have what is there. */
  seek(pipeline: number, request: SeekRequest): Promise<'done' | 'async' | 'refused'>;
  sendEos(pipeline: number): Promise<boolean>;
  recalculateLatency(pipeline: number): Promise<boolean>;

  propertyNames(address: number): string[];
  describeProperties(address: number): PropertyDescription[];
  /** @throws RangeError where there is no such property, TypeError where it cannot be read. */
  getProperty(address: number, name: string): GstValue;
  /** @throws RangeError where there is no such property, TypeError where it does not take the value. */
  setProperty(address: number, name: string, value: unknown): void;
  /** Of a pad, as text; null before it has negotiated. @throws RangeError where there is no such pad. */
  currentCaps(address: number, pad: string): string | null;
}
