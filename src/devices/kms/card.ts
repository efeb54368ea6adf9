/**
 * One open card, `/dev/dri/cardN`: its fd, what its driver can do, and its objects. A card is shared by the
 * displays of one pipeline, because only one fd of a card can be DRM master: `retain` adds a user, `close`
 * takes one away, and the last one closes the fd (the kernel then removes framebuffers that are left, and
 * puts the console back).
 */
import { isKernelError, type KernelError, UnsupportedError } from '../../errors';
import type { Kernel } from '../../native/kernel';
import {
  DRM_CAP_ADDFB2_MODIFIERS,
  DRM_CLIENT_CAP_ATOMIC,
  DRM_CLIENT_CAP_UNIVERSAL_PLANES,
  DRM_CLIENT_CAP_WRITEBACK_CONNECTORS,
  type KmsConnector,
  type KmsObjectType,
  type KmsPlane,
  type KmsResources,
} from '../../native/kms';
import { becomeMaster } from './drm-master';
import { PropertySet } from './properties';

const NO_RESOURCES: KmsResources = {
  crtcs: [],
  connectors: [],
  encoders: [],
  minWidth: 0,
  maxWidth: 0,
  minHeight: 0,
  maxHeight: 0,
};

export class Card {
  readonly kernel: Kernel;
  readonly path: string;
  readonly fd: number;
  /** `vkms`, `vc4`, `i915`… */
  readonly driver: string;
  /** The driver has atomic modesetting, and this fd uses it. */
  readonly atomic: boolean;
  /** AddFB2 takes modifiers. */
  readonly modifiers: boolean;
  readonly resources: KmsResources;
  #users = 1;

  private constructor(kernel: Kernel, path: string, fd: number) {
    this.kernel = kernel;
    this.path = path;
    this.fd = fd;
    this.driver = kernel.drmVersion(fd).name;
    this.atomic = this.#enable(DRM_CLIENT_CAP_ATOMIC);
    this.#enable(DRM_CLIENT_CAP_UNIVERSAL_PLANES);
    if (this.atomic) this.#enable(DRM_CLIENT_CAP_WRITEBACK_CONNECTORS);
    this.modifiers = this.#capability(DRM_CAP_ADDFB2_MODIFIERS) === 1;
    this.resources = this.#resources();
  }

  /**
   * Throws KernelError with advice. Where no other program is DRM master of the card, the new fd becomes it.
   */
  static open(kernel: Kernel, path: string): Card {
    let fd: number;
    try {
      fd = kernel.open(path, { access: 'read-write', nonblock: true });
    } catch (error) {
      throw isKernelError(error) ? openAdvice(error, path) : error;
    }
    return Card.#own(kernel, path, fd);
  }

  /**
   * A card by an fd that a desktop leased (drmModeCreateLease): it shows the leased objects only.
   * @param fd owned by the card from here on, closed also where this throws.
   */
  static fromLease(kernel: Kernel, fd: number): Card {
    kernel.adopt(fd);
    return Card.#own(kernel, `leased DRM fd ${fd}`, fd);
  }

  static #own(kernel: Kernel, path: string, fd: number): Card {
    try {
      return new Card(kernel, path, fd);
    } catch (error) {
      kernel.close(fd);
      if (!isKernelError(error)) throw error;
      throw error.advise('This is no card with displays: `dmaflow devices` lists those there are.', path);
    }
  }

  /** `vkms (/dev/dri/card0)` */
  get name(): string {
    return `${this.driver} (${this.path})`;
  }

  /** False for a render-only card. */
  get hasDisplay(): boolean {
    return this.resources.crtcs.length > 0 && this.resources.connectors.length > 0;
  }

  /**
   * Writeback connectors among them. `probe` asks the hardware whether displays are plugged in and reads
   * their EDID, which takes time and works only where this fd is DRM master (the kernel gives the last known
   * state elsewhere).
   */
  connectors(options: { probe: boolean }): KmsConnector[] {
    return this.resources.connectors.map((id) => this.kernel.kmsConnector(this.fd, id, options.probe));
  }

  planes(): KmsPlane[] {
    return this.kernel.kmsPlanes(this.fd).map((id) => this.kernel.kmsPlane(this.fd, id));
  }

  /** The values of now. */
  properties(objectId: number, type: KmsObjectType): PropertySet {
    const properties = this.kernel.kmsProperties(this.fd, objectId, type);
    return new PropertySet(objectId, `${type} ${objectId} of ${this.name}`, properties);
  }

  createBlob(data: Uint8Array): number {
    return this.kernel.kmsCreateBlob(this.fd, data);
  }

  /** Those of a closed card are gone already. */
  destroyBlob(id: number): void {
    if (!this.closed) this.kernel.kmsDestroyBlob(this.fd, id);
  }

  /** Throws {@link UnsupportedError} where the driver has no atomic modesetting. */
  requireAtomic(): void {
    if (this.atomic) return;
    throw new UnsupportedError(
      `${this.name} has no atomic modesetting (DRM_CLIENT_CAP_ATOMIC: EOPNOTSUPP), which dmaflow needs. ` +
        'Choose another card (`dmaflow devices` lists them), or a newer driver for this one.',
    );
  }

  /** Throws {@link UnsupportedError} that says who is DRM master and what to do. */
  requireMaster(): void {
    becomeMaster(this.kernel, this.fd, this.path);
  }

  /** One more user; each of them calls `close`. */
  retain(): this {
    this.#users++;
    return this;
  }

  /** The fd is closed, and with it the framebuffers and blobs that were made by it are gone. */
  get closed(): boolean {
    return this.#users === 0;
  }

  close(): void {
    if (this.closed || --this.#users > 0) return;
    this.kernel.close(this.fd);
  }

  #enable(capability: number): boolean {
    try {
      this.kernel.drmSetClientCap(this.fd, capability, 1);
      return true;
    } catch (error) {
      if (isNotSupported(error) || isKernelError(error, 'EINVAL')) return false;
      throw error;
    }
  }

  #capability(capability: number): number {
    try {
      return this.kernel.drmGetCap(this.fd, capability);
    } catch (error) {
      if (isNotSupported(error) || isKernelError(error, 'EINVAL')) return 0;
      throw error;
    }
  }

  #resources(): KmsResources {
    try {
      return this.kernel.kmsResources(this.fd);
    } catch (error) {
      if (isNotSupported(error)) return NO_RESOURCES;
      throw error;
    }
  }
}

/** Linux has one number for EOPNOTSUPP and ENOTSUP; Node calls it ENOTSUP. */
function isNotSupported(error: unknown): error is KernelError {
  return isKernelError(error, 'EOPNOTSUPP', 'ENOTSUP');
}

function openAdvice(error: KernelError, path: string): KernelError {
  switch (error.code) {
    case 'EACCES':
    case 'EPERM':
      return error.advise(
        'Join the group that owns the node (`video` on most systems): `sudo usermod -aG video $USER`, ' +
          'then log in again.',
        path,
      );
    case 'ENOENT':
    case 'ENXIO':
    case 'ENODEV':
      return error.advise('There is no such card: `dmaflow devices` lists those there are.', path);
    default:
      return error;
  }
}
