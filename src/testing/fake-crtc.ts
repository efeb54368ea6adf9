import type { KmsFlipEvent } from '../native/kms';
import { monotonicMicroseconds } from './clock';
import type { FakeFence } from './fence';
import type { FakeFramebuffer } from './framebuffer';
import { fourcc, type PlaneBytes, pixelLayout } from './pixels';

/** A framebuffer on a CRTC: where it is, and which part of it is shown. No plane scales. */
export interface Layer {
  planeId: number;
  framebuffer: FakeFramebuffer;
  x: number;
  y: number;
  width: number;
  height: number;
  sourceX: number;
  sourceY: number;
}

/** A picture that a commit has asked for. */
export interface Picture {
  mode: { width: number; height: number; refresh: number } | undefined;
  layers: readonly Layer[];
  /** Fences that have to signal before it is shown, and those to signal then. */
  waitFor: readonly FakeFence[];
  signal: readonly FakeFence[];
  writeback: FakeFramebuffer | undefined;
  /** Posts the page-flip event. */
  post: ((event: Omit<KmsFlipEvent, 'userData'>) => void) | undefined;
}

/** What a display shows, as XRGB8888: bytes blue, green, red, 0xff. */
export interface FakeScreen {
  width: number;
  height: number;
  data: Uint8Array;
}

const XRGB8888 = fourcc('XR24');

/** What a CRTC shows now and what comes next. */
export class FakeCrtc {
  mode: Picture['mode'];
  layers: readonly Layer[] = [];
  #pending: Picture | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #sequence = 0;

  constructor(
    readonly id: number,
    private readonly waitsForVblank: () => boolean,
  ) {}

  get busy(): boolean {
    return this.#pending !== undefined;
  }

  /** `wait`: the commit returns when the picture is on screen, as a blocking one does. */
  commit(picture: Picture, wait: boolean): void {
    this.flip();
    for (const layer of picture.layers) layer.framebuffer.scanOut();
    this.#pending = picture;
    if (wait || (!picture.mode && !this.mode)) this.flip();
    else if (this.waitsForVblank()) this.#flipAfter(picture);
  }

  /** Brings the pending picture on screen. False where there is none. */
  flip(): boolean {
    const picture = this.#pending;
    if (!picture) return false;
    clearTimeout(this.#timer);
    this.#pending = undefined;
    const before = this.layers;
    this.layers = picture.layers;
    this.mode = picture.mode;
    for (const layer of before) layer.framebuffer.endScanOut();
    this.#sequence += 1;
    if (picture.writeback) this.#writeBack(picture.writeback);
    for (const fence of picture.signal) fence.signal();
    picture.post?.({ crtcId: this.id, sequence: this.#sequence, timestamp: monotonicMicroseconds() });
    return true;
  }

  /** A framebuffer is removed: it is off the screen, and so is whatever was to come with it. */
  takeOff(framebuffer: FakeFramebuffer): void {
    if (this.#pending?.layers.some((layer) => layer.framebuffer === framebuffer)) this.flip();
    const gone = this.layers.filter((layer) => layer.framebuffer === framebuffer);
    this.layers = this.layers.filter((layer) => layer.framebuffer !== framebuffer);
    for (const layer of gone) layer.framebuffer.endScanOut();
  }

  screen(): FakeScreen | undefined {
    if (!this.mode) return undefined;
    const { width, height } = this.mode;
    const data = new Uint8Array(width * height * 4);
    for (let at = 3; at < data.length; at += 4) data[at] = 0xff;
    const target = [{ bytes: data, stride: width * 4 }];
    for (const layer of this.layers) draw(layer, target, width, height);
    return { width, height, data };
  }

  #flipAfter(picture: Picture): void {
    const waiting = picture.waitFor.find((fence) => !fence.signalled);
    if (waiting) {
      waiting.onSignal(() => {
        if (this.#pending === picture) this.#flipAfter(picture);
      });
      return;
    }
    const period = 1000 / (picture.mode?.refresh ?? this.mode?.refresh ?? 60);
    this.#timer = setTimeout(() => this.flip(), Math.ceil(period - (performance.now() % period)));
  }

  #writeBack(target: FakeFramebuffer): void {
    const screen = this.screen();
    const source = pixelLayout(XRGB8888);
    if (!screen || !source) return;
    const from = [{ bytes: screen.data, stride: screen.width * 4 }];
    const to = target.bytes;
    for (let y = 0; y < target.height; y++) {
      for (let x = 0; x < target.width; x++) target.layout.put(to, x, y, source.get(from, x, y));
    }
  }
}

function draw(layer: Layer, target: PlaneBytes[], width: number, height: number): void {
  const { framebuffer, x, y, sourceX, sourceY } = layer;
  const canvas = pixelLayout(XRGB8888);
  const source = framebuffer.bytes;
  if (!canvas) return;
  const right = Math.min(width, x + layer.width);
  const bottom = Math.min(height, y + layer.height);
  for (let line = Math.max(0, y); line < bottom; line++) {
    for (let column = Math.max(0, x); column < right; column++) {
      const color = framebuffer.layout.get(source, column - x + sourceX, line - y + sourceY);
      canvas.put(target, column, line, color);
    }
  }
}
