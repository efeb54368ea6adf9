/** dmaflow: zero-copy V4L2 camera to KMS display pipelines. Named exports only. */

export { BufferPool, type BufferPoolRequest, type FrameBuffer } from './allocators/buffer-pool';
export { chooseHeap, type HeapIntent } from './allocators/choose-heap';
export type { CpuAccess } from './allocators/cpu-access';
export { DmaBuf, type DmaBufReference } from './allocators/dma-buf';
export {
  type Allocation,
  type AllocationRequest,
  DmaHeapAllocator,
  type DmaHeapAllocatorOptions,
} from './allocators/dma-heap-allocator';
export { Fence, type WaitOptions } from './allocators/fence';
export type { HeapCandidate, HeapPreferences } from './allocators/heap-policy';
export { type Heap, type HeapKind, listHeaps } from './allocators/heaps';
export {
  type CpuAccessMode,
  type MemoryRequirement,
  memoryRequirement,
} from './allocators/memory-requirement';
export type { DmaBufOptions } from './allocators/shared-dma-buf';
export { listCards } from './devices/kms/discovery';
export { Display, type DisplayOptions } from './devices/kms/display';
export { type KmsSinkOptions, kmsSink } from './devices/kms/sink';
export { CaptureDevice, type CaptureOptions } from './devices/v4l2/capture-device';
export { type CameraInfo, listCameras } from './devices/v4l2/discovery';
export { type V4l2SourceOptions, v4l2Source } from './devices/v4l2/source';
export {
  CopyError,
  InvalidStateError,
  KernelError,
  NegotiationError,
  StageError,
  UnsupportedError,
} from './errors';
export type { ColorSpace } from './formats/color-space';
export { type PixelFormat, type PixelFormatName, pixelFormat } from './formats/pixel-formats';
export { type ColorPlaneLayout, planeLayout } from './formats/plane-layout';
export type { GstElementTypes } from './gstreamer/element-types';
export type { GstElement } from './gstreamer/gst-element';
export { GstError } from './gstreamer/gst-error';
export { GstPipeline, type SeekOptions } from './gstreamer/gst-pipeline';
export type { GstMessage, GstState } from './gstreamer/messages';
export { type GstSinkOptions, gstSink } from './gstreamer/sink';
export { type GstSourceOptions, gstSource } from './gstreamer/source';
export { type GstTransformOptions, gstTransform } from './gstreamer/transform';
export type { GstFraction, GstValue } from './gstreamer/values';
export { loadKernel } from './native/binding';
export type { Kernel } from './native/kernel';
export { type ConvertOptions, convert } from './pipeline/convert';
export type { Rotation } from './pipeline/convert-layout';
export { type CpuStageFunction, type CpuStageOptions, cpuStage } from './pipeline/cpu-stage';
export { type FileSinkOptions, fileSink } from './pipeline/file-sink';
export type { Frame, FrameMetadata } from './pipeline/frame';
export type { FrameCpuAccess, PlanePixels } from './pipeline/frame-cpu-access';
export { type Tee, tee } from './pipeline/graph';
export type { PipelineState } from './pipeline/life';
export type { CopyReport, LinkStats } from './pipeline/link-stats';
export { Pipeline } from './pipeline/pipeline';
export type { FramesOptions, PipelineOptions, Renegotiation } from './pipeline/pipeline-options';
export type { Screenshot } from './pipeline/screenshot';
export type { MemoryChoice } from './pipeline/shared-buffers';
export type {
  CaptureStep,
  ConverterStage,
  CreditPolicy,
  OpenTransform,
  SinkStage,
  SourceStage,
  Stage,
  TransformContext,
  TransformStage,
} from './pipeline/stage';
export type { PipelineStats, StageStats } from './pipeline/stats';
export { type WorkerStageOptions, workerStage } from './pipeline/worker-stage';
export type { ZeroCopyOptions } from './pipeline/zero-copy';
