/**
 * KMS through libdrm as the kernel spells it (Documentation/gpu/drm-kms.rst, drm_mode.h). Object ids, property ids and
 * enum values are the kernel's numbers. Property values are signed 64-bit in the kernel; they are numbers here, exact
 * to 2^53.
 */
export const DRM_CLIENT_CAP_UNIVERSAL_PLANES = 2;
export const DRM_CLIENT_CAP_ATOMIC = 3;
export const DRM_CLIENT_CAP_WRITEBACK_CONNECTORS = 5;
export const DRM_CAP_PRIME = 5;
export const DRM_CAP_ADDFB2_MODIFIERS = 0x10;
export const DRM_MODE_ATOMIC_TEST_ONLY = 0x100;
export const DRM_MODE_ATOMIC_NONBLOCK = 0x200;
export const DRM_MODE_ATOMIC_ALLOW_MODESET = 0x400;
export const DRM_MODE_PAGE_FLIP_EVENT = 0x1;
export const DRM_MODE_CONNECTED = 1;
export const DRM_MODE_CONNECTOR_WRITEBACK = 18;
export const DRM_MODE_TYPE_PREFERRED = 1 << 3;

export type KmsObjectType = 'crtc' | 'connector' | 'plane';

export interface DrmVersion {
  /** Driver name: `vkms`, `vc4`, `i915`… */
  name: string;
  description: string;
}

export interface KmsResources {
  crtcs: number[];
  connectors: number[];
  encoders: number[];
  minWidth: number;
  maxWidth: number;
  minHeight: number;
  maxHeight: number;
}

export interface KmsMode {
  name: string;
  width: number;
  height: number;
  /** Hz, fractional. */
  refresh: number;
  /** DRM_MODE_TYPE_* bits. */
  type: number;
  flags: number;
  /** struct drm_mode_modeinfo as bytes: what a MODE_ID blob holds. */
  blob: Uint8Array;
}

export interface KmsConnector {
  id: number;
  /** Connector name as the kernel prints it: `HDMI-A-1`, `Virtual-1`, `Writeback-1`. */
  name: string;
  /** DRM_MODE_CONNECTOR_* */
  type: number;
  /** 1 connected, 2 disconnected, 3 unknown. */
  connection: number;
  widthMm: number;
  heightMm: number;
  encoderId: number;
  /** Bit mask over the index of a CRTC in `KmsResources.crtcs`, the union over the connector's encoders. */
  possibleCrtcs: number;
  modes: KmsMode[];
}

export interface KmsPlane {
  id: number;
  crtcId: number;
  fbId: number;
  possibleCrtcs: number;
  /** DRM fourccs as uint32. */
  formats: number[];
}

export interface KmsProperty {
  id: number;
  name: string;
  value: number;
  /** DRM_MODE_PROP_* */
  flags: number;
  /** Names and values of an enum or bitmask property. */
  enums: { name: string; value: number }[];
}

export interface KmsFramebufferRequest {
  width: number;
  height: number;
  /** DRM fourcc. */
  fourcc: number;
  /** DRM_FORMAT_MOD_*: passed (with DRM_MODE_FB_MODIFIERS) only where given. LINEAR (0) is not the same as absent. */
  modifier?: bigint;
  /** One entry a colour plane; `handle` from `kmsPrimeImport`. */
  planes: { handle: number; stride: number; offset: number }[];
}

export interface KmsPropertyValue {
  objectId: number;
  propertyId: number;
  value: number;
}

export interface KmsCommitRequest {
  properties: KmsPropertyValue[];
  /** DRM_MODE_ATOMIC_* | DRM_MODE_PAGE_FLIP_EVENT */
  flags: number;
  /** Properties that take a pointer to an s32 out-fence (OUT_FENCE_PTR, WRITEBACK_OUT_FENCE_PTR). */
  outFences?: { objectId: number; propertyId: number }[];
  /** Comes back in the page-flip event. */
  userData?: number;
}

export interface KmsFlipEvent {
  crtcId: number;
  sequence: number;
  /** Integer microseconds of CLOCK_MONOTONIC. */
  timestamp: number;
  userData: number;
}

export interface KmsKernel {
  /** drmGetVersion */
  drmVersion(fd: number): DrmVersion;
  drmGetCap(fd: number, capability: number): number;
  drmSetClientCap(fd: number, capability: number, value: number): void;
  /** Whether this fd may set modes now (drmIsMaster). */
  drmIsMaster(fd: number): boolean;
  drmSetMaster(fd: number): void;
  drmDropMaster(fd: number): void;
  /** drmModeGetResources; EOPNOTSUPP on a card that has no display (render-only, vgem). */
  kmsResources(fd: number): KmsResources;
  /** `probe` asks the hardware again (slow, may block for an EDID read); otherwise the last known state. */
  kmsConnector(fd: number, id: number, probe: boolean): KmsConnector;
  kmsPlanes(fd: number): number[];
  kmsPlane(fd: number, id: number): KmsPlane;
  kmsProperties(fd: number, objectId: number, type: KmsObjectType): KmsProperty[];
  /** Contents of a property blob, or undefined where it no longer exists. */
  kmsGetBlob(fd: number, blobId: number): Uint8Array | undefined;
  kmsCreateBlob(fd: number, data: Uint8Array): number;
  kmsDestroyBlob(fd: number, blobId: number): void;
  /** drmPrimeFDToHandle. Importing one dma-buf twice gives the same handle: close it once. */
  kmsPrimeImport(fd: number, dmaBufFd: number): number;
  /** DRM_IOCTL_GEM_CLOSE; a framebuffer made from the handle keeps the memory. */
  kmsGemClose(fd: number, handle: number): void;
  /** drmModeAddFB2WithModifiers */
  kmsAddFramebuffer(fd: number, request: KmsFramebufferRequest): number;
  kmsRemoveFramebuffer(fd: number, fbId: number): void;
  /** drmModeAtomicCommit in one go. Returns the out-fences (sync_file fds of the fd table, or -1), in order. */
  kmsCommit(fd: number, request: KmsCommitRequest): number[];
  /** The same on a worker thread: a modeset may take 100 ms and more. */
  kmsCommitAsync(fd: number, request: KmsCommitRequest): Promise<number[]>;
  /** Page-flip events that wait on the fd (drmHandleEvent); empty when none does. */
  kmsReadEvents(fd: number): KmsFlipEvent[];
}
