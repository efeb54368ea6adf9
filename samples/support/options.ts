/** The options that the samples share, read with Node's own parser. */
import { parseArgs } from 'node:util';
import type { KmsSinkOptions, PipelineOptions, V4l2SourceOptions } from 'dmaflow';

const OPTIONS = {
  frames: { type: 'string', help: 'N: stop after N frames (0: go on until Ctrl-C)' },
  device: { type: 'string', help: 'PATH: camera by device node' },
  driver: { type: 'string', help: 'NAME: camera by driver' },
  size: { type: 'string', help: 'WxH: frame size in pixels' },
  format: { type: 'string', help: 'NAME: pixel format, such as XRGB8888 or NV12' },
  fps: { type: 'string', help: 'N: frames a second' },
  heap: { type: 'string', help: 'NAME: heap for the frames' },
  buffers: { type: 'string', help: 'N: number of buffers' },
  card: { type: 'string', help: 'NAME: display card by path or driver' },
  connector: { type: 'string', help: 'NAME: connector, such as HDMI-A-1' },
  mode: { type: 'string', help: 'WxH[@HZ]: display mode' },
  source: { type: 'string', help: 'TEXT: GStreamer description to take frames from' },
  output: { type: 'string', help: 'FILE, or HOST:PORT: where the frames go' },
  png: { type: 'string', help: 'FILE: save what the display shows at the end' },
  out: { type: 'string', help: 'FILE: where camera-tee writes the raw frames' },
  help: { type: 'boolean', help: 'show this' },
} as const;

export type SampleOptions = { [K in keyof typeof OPTIONS]?: K extends 'help' ? boolean : string };

/** Options from the command line. Throws TypeError for one that does not exist. */
export function parseOptions(): SampleOptions {
  const { values } = parseArgs({ options: OPTIONS, allowPositionals: false });
  if (values.help) {
    for (const [name, { help }] of Object.entries(OPTIONS)) console.log(`  --${name.padEnd(10)} ${help}`);
    process.exit(0);
  }
  return values;
}

export function cameraOptions(options: SampleOptions): V4l2SourceOptions {
  return defined({
    device: options.device,
    driver: options.driver,
    format: options.format as V4l2SourceOptions['format'],
    fps: whole('fps', options.fps),
    frames: whole('frames', options.frames),
    ...size(options.size),
  });
}

export function displayOptions(options: SampleOptions): KmsSinkOptions {
  return defined({ card: options.card, connector: options.connector, mode: options.mode });
}

export function pipelineOptions(options: SampleOptions): PipelineOptions {
  return defined({
    heaps: options.heap === undefined ? undefined : { contiguous: options.heap },
    buffers: whole('buffers', options.buffers),
  });
}

function size(text: string | undefined): { width?: number; height?: number } {
  if (text === undefined) return {};
  const match = /^(\d+)x(\d+)$/.exec(text);
  if (!match) throw new TypeError(`--size takes WIDTHxHEIGHT, such as 1280x720, got '${text}'`);
  return { width: Number(match[1]), height: Number(match[2]) };
}

function whole(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d+$/.test(text)) throw new TypeError(`--${name} takes a whole number, got '${text}'`);
  return Number(text);
}

/** The object without its undefined members: an option that is not given is not there. */
function defined<T extends object>(options: { [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T;
}
