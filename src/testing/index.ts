/**
 * `dmaflow/testing`: a kernel made of JavaScript, for your own tests of pipelines, allocators and stages without a
 * board. Start with {@link FakeKernel.board}.
 */
export type { FakeCameraOptions } from './camera-format';
export type { FakeCardOptions, FakeDisplayOptions, FakeMode } from './card-options';
export type { ErrnoName } from './errno';
export type { FakeCamera } from './fake-camera';
export type { FakeCard, FakeConnector } from './fake-card';
export type { FakeScreen } from './fake-crtc';
export type { LoggedRequest } from './fake-files';
export type { FakeHeapOptions } from './fake-heap';
export { type FakeBoard, FakeKernel, type FakeKernelOptions } from './fake-kernel';
export type { NodePermission } from './fake-tree';
export type { FaultOptions } from './fault-script';
export { FakeFence } from './fence';
export { fourcc, fourccName, type Rgb } from './pixels';
export { screenColor } from './screen';
export { patternColor } from './test-pattern';
