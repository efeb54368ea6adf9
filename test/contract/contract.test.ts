/**
 * The contract of src/native, over the fake kernel and the real one. One file, because on the emulated board a test
 * file costs seconds before its first test.
 */
import './topics/files';
import './topics/heaps';
import './topics/dma-buf';
import './topics/dead-views';
import './topics/udmabuf';
import './topics/v4l2-format';
import './topics/v4l2-queue';
import './topics/kms';
import './topics/kms-framebuffer';
import './topics/kms-commit';
import './topics/frame-loop';
import './topics/frame-loop-taps';
import './topics/frame-loop-copies';
import './topics/frame-loop-pools';
import './topics/convert';
