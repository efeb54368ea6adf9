/** Messages of a GStreamer pipeline's bus. Times are whole microseconds. */
import type { GstValue } from './values';

export type GstState = 'null' | 'ready' | 'paused' | 'playing';

interface FromElement {
  /** Name of the element that speaks, the pipeline's own too. */
  element: string | null;
  /** With what it is in: `/GstPipeline:pipeline0/GstFileSrc:src`. */
  path: string | null;
}

interface Problem extends FromElement {
  message: string;
  /** `gst-resource-error-quark` and the like. */
  domain: string;
  code: number;
  /** Where in GStreamer's source, and details. */
  debug: string | null;
}

export interface GstErrorMessage extends Problem {
  type: 'error';
}

export interface GstWarningMessage extends Problem {
  type: 'warning' | 'info';
}

export interface GstEosMessage extends FromElement {
  type: 'eos';
}

/** Of each element; of the pipeline itself where `element` is its name. */
export interface GstStateChangedMessage extends FromElement {
  type: 'state-changed';
  from: GstState;
  to: GstState;
  pending: GstState | 'none';
}

/** An element was too late, and dropped or degraded something. */
export interface GstQosMessage extends FromElement {
  type: 'qos';
  live: boolean;
  timestamp: number | null;
  runningTime: number | null;
  streamTime: number | null;
  duration: number | null;
  /** Microseconds; positive is late. */
  jitter: number;
  /** Of the speed that would be right. */
  proportion: number;
  quality: number;
  /** Of `processed` and `dropped`: `buffers`, `default`, `time`, `undefined`. */
  unit: string;
  processed: number;
  dropped: number;
}

export interface GstTagMessage extends FromElement {
  type: 'tag';
  /** A tag can have several values. */
  tags: Record<string, GstValue[]>;
}

export interface GstBufferingMessage extends FromElement {
  type: 'buffering';
  percent: number;
}

/** What an element has to say in its own words: `level`, `GstMultiFileSink`, `missing-plugin`, … */
export interface GstElementMessage extends FromElement {
  type: 'element';
  name: string | null;
  fields: Record<string, GstValue>;
}

/** The other types of GStreamer. */
export interface GstOtherMessage extends FromElement {
  type:
    | 'async-done'
    | 'async-start'
    | 'application'
    | 'clock-lost'
    | 'clock-provide'
    | 'device-added'
    | 'device-changed'
    | 'device-removed'
    | 'duration-changed'
    | 'have-context'
    | 'instant-rate-request'
    | 'latency'
    | 'need-context'
    | 'new-clock'
    | 'progress'
    | 'property-notify'
    | 'redirect'
    | 'request-state'
    | 'reset-time'
    | 'segment-done'
    | 'segment-start'
    | 'state-dirty'
    | 'step-done'
    | 'step-start'
    | 'stream-collection'
    | 'stream-start'
    | 'stream-status'
    | 'streams-selected'
    | 'structure-change'
    | 'toc'
    | 'unknown';
  name: string | null;
  fields: Record<string, GstValue>;
}

export type GstMessage =
  | GstErrorMessage
  | GstWarningMessage
  | GstEosMessage
  | GstStateChangedMessage
  | GstQosMessage
  | GstTagMessage
  | GstBufferingMessage
  | GstElementMessage
  | GstOtherMessage;
