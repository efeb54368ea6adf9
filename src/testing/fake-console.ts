import { DRM_MODE_CONNECTOR_WRITEBACK, DRM_MODE_TYPE_PREFERRED, type KmsMode } from '../native/kms';
import { readMode } from './card-options';
import type { FakeCard, FakeConnector } from './fake-card';
import { FakeDmaBuf, FakePages } from './fake-dma-buf';
import type { FakeFramebuffer } from './framebuffer';
import { type ModeObject, PLANE_PRIMARY } from './mode-objects';
import { fourcc } from './pixels';

const XRGB8888 = fourcc('XR24');

/** Inode of memory that no program has an fd of. */
export const NO_INODE = 0;

/** The kernel's own client: a black picture on every connected display while nobody else has the card. */
export class FakeConsole {
  readonly #framebuffers = new Map<number, FakeFramebuffer>();
  readonly #modes = new Map<number, number>();

  constructor(private readonly card: FakeCard) {}

  /** Takes the displays back: everything else is off. */
  show(): void {
    if (!this.card.options.console || !this.card.formats.includes(XRGB8888)) return;
    for (const object of [...this.card.planes, ...this.card.connectors]) {
      object.values.set('CRTC_ID', 0);
      if (object.type === 'plane') object.values.set('FB_ID', 0);
    }
    for (const crtc of this.card.crtcs) {
      const output = this.card.outputs.find((candidate) => isFor(candidate, crtc));
      const mode =
        output?.modes.find(({ type }) => (type & DRM_MODE_TYPE_PREFERRED) !== 0) ?? output?.modes[0];
      if (output && mode) this.#turnOn(crtc, output, mode);
      else this.#turnOff(crtc);
    }
  }

  #turnOn(crtc: ModeObject, output: FakeConnector, mode: KmsMode): void {
    const { width, height } = mode;
    const framebuffer = this.#framebuffers.get(crtc.id) ?? this.#picture(crtc, width, height);
    const modeId = this.#modes.get(crtc.id) ?? this.card.addBlob(mode.blob);
    this.#modes.set(crtc.id, modeId);
    set(crtc, { ACTIVE: 1, MODE_ID: modeId });
    set(output.object, { CRTC_ID: crtc.id });
    const plane = this.card.planes.find(
      (candidate) => candidate.value('type') === PLANE_PRIMARY && candidate.possibleCrtcs === 1 << crtc.index,
    );
    if (!plane) return;
    set(plane, {
      CRTC_ID: crtc.id,
      FB_ID: framebuffer.id,
      CRTC_X: 0,
      CRTC_Y: 0,
      CRTC_W: width,
      CRTC_H: height,
    });
    set(plane, { SRC_X: 0, SRC_Y: 0, SRC_W: width * 0x10000, SRC_H: height * 0x10000 });
    const layer = { planeId: plane.id, framebuffer, x: 0, y: 0, width, height, sourceX: 0, sourceY: 0 };
    this.#commit(crtc, readMode(mode.blob), [layer]);
  }

  #turnOff(crtc: ModeObject): void {
    set(crtc, { ACTIVE: 0, MODE_ID: 0 });
    this.#commit(crtc, undefined, []);
  }

  #commit(
    crtc: ModeObject,
    mode: ReturnType<typeof readMode>,
    layers: Parameters<ReturnType<FakeCard['scanout']>['commit']>[0]['layers'],
  ): void {
    const rest = { waitFor: [], signal: [], writeback: undefined, post: undefined };
    this.card.scanout(crtc.id).commit({ mode, layers, ...rest }, true);
  }

  #picture(crtc: ModeObject, width: number, height: number): FakeFramebuffer {
    const pages = new FakePages(width * height * 4, true, () => {});
    const buffer = new FakeDmaBuf(NO_INODE, pages, 'console', () => {});
    const planes = [{ handle: 0, stride: width * 4, offset: 0 }];
    const request = { width, height, fourcc: XRGB8888, planes };
    const framebuffer = this.card.addFramebuffer(request, [buffer]);
    this.#framebuffers.set(crtc.id, framebuffer);
    return framebuffer;
  }
}

function isFor(output: FakeConnector, crtc: ModeObject): boolean {
  const { type, connected, object } = output;
  return type !== DRM_MODE_CONNECTOR_WRITEBACK && connected && object.possibleCrtcs === 1 << crtc.index;
}

function set(object: ModeObject, values: Record<string, number>): void {
  for (const [name, value] of Object.entries(values)) object.values.set(name, value);
}
