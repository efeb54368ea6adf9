/** A GStreamer pipeline between frames of the frame loop, as `native/gst_stage_binding.cc` exports it. */
import type { NativeFiller, NativeTaker } from '../native/frame-loop';

export interface GstRange {
  min: number;
  max: number;
  step: number;
}

/** A field of caps: text, a number, a range, or a list of these. */
export type GstField = string | number | GstRange | undefined | GstField[];

/** One structure of caps, with the fields that matter to frames. */
export interface GstCapsValue {
  /** `video/x-raw` */
  media: string;
  /** `memory:SystemMemory`, `memory:DMABuf` */
  features: string;
  fields: {
    format?: GstField;
    'drm-format'?: GstField;
    width?: GstField;
    height?: GstField;
    framerate?: GstField;
  };
}

/** `any` takes everything; undefined where the pad is not linked yet. */
export type GstCaps = GstCapsValue[] | 'any' | undefined;

export interface GstFailure {
  /** Empty where nobody in particular said it. */
  element: string;
  message: string;
  /** Where in GStreamer's source, and details; may be empty. */
  debug: string;
}

export interface GstStageListener {
  onFailure(failure: GstFailure): void;
  /** Every sink of the pipeline has finished. */
  onEnd(): void;
}

/** What the frames are at one end. */
export interface GstFrameFormat {
  /** As GStreamer writes them, with everything fixed. */
  caps: string;
  /** GStreamer's name of a raw format; absent where the frames are compressed. */
  format?: string;
  width: number;
  height: number;
  /** Bytes of a picture over all planes. */
  size: number;
  /** Colour planes; offsets from the start of the frame, memory planes one after the other. */
  planes: { offset: number; stride: number }[];
  /** Nanoseconds between frames, where that is known. */
  duration?: number;
}

/** One memory plane. The fd is duplicated. */
export interface GstBufferPlane {
  fd: number;
  length: number;
}

export interface GstStageCounters {
  /** Frames that went into the pipeline, those of them that it has now, and those that it got a copy of. */
  pushed?: number;
  outstanding?: number;
  copiedIn?: number;
  /** Frames that came out, those of them that had to be copied, and why the last one was. */
  received?: number;
  copied?: number;
  copyReason?: string;
}

/**
 * In this order: `open`, caps, `setInput` and `setOutput`, `connect…`, `play`, `stop`, `disconnect`, `close`. Between `play` and `disconnect` the
 * process stays alive.
 */
export interface GstStage {
  /** Opens the devices (READY); returns what went wrong. */
  open(): GstFailure | undefined;
  /** What the description takes at its start, and gives at its end. */
  inputCaps(): GstCaps;
  outputCaps(): GstCaps;
  /** Whether a file is damaged without an end of the stream: there is a muxer. */
  needsEnd(): boolean;
  /**
   * @param options `most`: frames that may wait and be in GStreamer at once. `copy`: the last of them is copied, so that elements that
   * keep frames do not come to a standstill.
   */
  setInput(format: GstFrameFormat, options: { most: number; copy: boolean }): void;
  /** @param options `frames`: the stream ends after so many, 0: never. `sync`: each frame waits for its time. */
  setOutput(format: GstFrameFormat, options: { frames: number; sync: boolean }): void;
  connectInput(buffers: GstBufferPlane[][], taker: NativeTaker): void;
  connectOutput(buffers: GstBufferPlane[][], filler: NativeFiller): void;
  /** On another thread. Resolves with what went wrong at once; what goes wrong later comes to the listener. */
  play(): Promise<GstFailure | undefined>;
  /** To NULL, on another thread, whatever the streaming threads wait for. */
  stop(): Promise<void>;
  /** The stream ends for GStreamer after the frames that it was given, though the loop's goes on. */
  endInput(): void;
  /** Buffers are let go of, after `stop`; `connect…` and `play` may follow. */
  disconnect(): void;
  /** Devices are closed, buffers let go of. After `stop` where it played; the listener is not called any more. */
  close(): void;
  stats(): GstStageCounters;
}

export interface GstStageAddon {
  /**
   * @throws TypeError for a description that cannot be parsed; its `missing` lists elements that no plugin has.
   */
  createGstStage(
    description: string,
    ends: { input: boolean; output: boolean },
    listener: GstStageListener,
  ): GstStage;
}
