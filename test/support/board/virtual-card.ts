/** A further card of vkms with one display, plugged in through configfs (Documentation/gpu/vkms.rst). */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  rmdirSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { cards } from './devices';

const CONFIGFS = '/sys/kernel/config/vkms';

/** Numbers of the kernel's enum drm_connector_status. */
const CONNECTED = '1';
const PRIMARY_PLANE = '1';

export class VirtualCard implements Disposable {
  /** `/dev/dri/card2` */
  readonly path: string;
  readonly #directory: string;

  constructor(name: string) {
    this.#directory = `${CONFIGFS}/${name}`;
    const before = cards().map(({ path }) => path);
    this.#create();
    const added = cards().find(({ path }) => !before.includes(path));
    if (!added) throw new Error(`no card came with ${this.#directory}`);
    this.path = added.path;
  }

  #create(): void {
    const directory = this.#directory;
    for (const part of ['', ...this.#parts()]) mkdirSync(`${directory}/${part}`);
    writeFileSync(`${directory}/planes/0/type`, PRIMARY_PLANE);
    writeFileSync(`${directory}/connectors/0/status`, CONNECTED);
    symlinkSync(`${directory}/crtcs/0`, `${directory}/planes/0/possible_crtcs/0`);
    symlinkSync(`${directory}/crtcs/0`, `${directory}/encoders/0/possible_crtcs/0`);
    symlinkSync(`${directory}/encoders/0`, `${directory}/connectors/0/possible_encoders/0`);
    writeFileSync(`${directory}/enabled`, '1');
  }

  /** Pulls the whole card out. */
  unplug(): void {
    writeFileSync(`${this.#directory}/enabled`, '0');
  }

  [Symbol.dispose](): void {
    const directory = this.#directory;
    if (!existsSync(directory)) return;
    this.unplug();
    for (const part of [
      'planes/0/possible_crtcs',
      'encoders/0/possible_crtcs',
      'connectors/0/possible_encoders',
    ]) {
      for (const link of readdirSync(`${directory}/${part}`)) unlinkSync(`${directory}/${part}/${link}`);
    }
    for (const part of [...this.#parts(), '']) rmdirSync(`${directory}/${part}`);
  }

  #parts(): string[] {
    return ['planes/0', 'crtcs/0', 'encoders/0', 'connectors/0'];
  }
}
