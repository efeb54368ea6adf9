/**
 * One framebuffer: dma-bufs made known to a card as a picture. GEM handles are not reference-counted, and
 * importing a dma-buf twice gives the same handle, so handles live only within `addFramebuffer`: the
 * framebuffer keeps the memory.
 */
import { isKernelError, type KernelError, UnsupportedError } from '../../errors';
import { type PixelFormatName, pixelFormat } from '../../formats/pixel-formats';
import type { ColorPlaneLayout } from '../../formats/plane-layout';
import type { Card } from './card';

/** A picture in memory. */
export interface PictureLayout {
  format: PixelFormatName;
  /** Pixels. */
  width: number;
  height: number;
  /** By colour plane: which memory plane, and bytes. */
  planes: readonly Pick<ColorPlaneLayout, 'memory' | 'offset' | 'stride'>[];
}

/** The memory of one picture: a dma-buf for each memory plane, borrowed. */
export interface PictureMemory {
  planes: readonly { readonly fd: number }[];
}

export interface FramebufferOptions {
  /** DRM_FORMAT_MOD_*; left out, the driver guesses. */
  modifier?: bigint | undefined;
  /** The memory's heap, for the error's advice. */
  heap?: string | undefined;
  /** Names of the formats that are shown or written, for the error's advice. */
  formats?: readonly string[] | undefined;
}

/** PRIME import and AddFB2; returns the framebuffer's id. Throws KernelError with advice. */
export function addFramebuffer(
  card: Card,
  layout: PictureLayout,
  memory: PictureMemory,
  options: FramebufferOptions = {},
): number {
  const { kernel, fd } = card;
  const fourcc = displayFourcc(layout.format);
  const handles: number[] = [];
  try {
    for (const plane of memory.planes) handles.push(importHandle(card, plane.fd, options.heap));
    const planes = layout.planes.map(({ memory: index, offset, stride }) => {
      const handle = handles[index];
      if (handle === undefined) {
        throw new RangeError(
          `a colour plane lies in memory plane ${index} of a picture that has ${handles.length}`,
        );
      }
      return { handle, offset, stride };
    });
    const { width, height } = layout;
    const { modifier } = options;
    return kernel.kmsAddFramebuffer(fd, {
      width,
      height,
      fourcc,
      planes,
      ...(modifier !== undefined && { modifier }),
    });
  } catch (error) {
    throw isKernelError(error) && error.advice === undefined
      ? addAdvice(error, card, layout, options.formats)
      : error;
  } finally {
    for (const handle of new Set(handles)) kernel.kmsGemClose(fd, handle);
  }
}

/** RmFB: the kernel takes the framebuffer off the screen. One that is gone already is no error. */
export function removeFramebuffer(card: Card, id: number): void {
  if (card.closed) return;
  try {
    card.kernel.kmsRemoveFramebuffer(card.fd, id);
  } catch (error) {
    if (!isKernelError(error, 'ENOENT', 'ENODEV')) throw error;
  }
}

/** Throws {@link UnsupportedError} for a format that no display knows. */
export function displayFourcc(format: PixelFormatName): number {
  const { drmFourcc } = pixelFormat(format);
  if (drmFourcc === undefined)
    throw new UnsupportedError(`No display shows ${format}: decode or convert it first.`);
  return drmFourcc;
}

function importHandle(card: Card, dmaBufFd: number, heap: string | undefined): number {
  try {
    return card.kernel.kmsPrimeImport(card.fd, dmaBufFd);
  } catch (error) {
    throw isKernelError(error) ? importAdvice(error, card, heap) : error;
  }
}

function importAdvice(error: KernelError, card: Card, heap: string | undefined): KernelError {
  switch (error.code) {
    case 'EINVAL':
      return error.advise(
        heap === 'system'
          ? `${card.driver} needs physically contiguous memory; heap \`system\` gives scattered pages. ` +
              'Leave the heap out, or use `default_cma_region`.'
          : `${card.driver} cannot import ${heap === undefined ? 'this memory' : `memory of heap \`${heap}\``}: ` +
              'it needs physically contiguous memory, or cannot import dma-bufs at all.',
        card.path,
      );
    case 'EOPNOTSUPP':
    case 'ENOTSUP':
    case 'ENOSYS':
      return error.advise(`${card.driver} cannot import dma-bufs: choose another card.`, card.path);
    default:
      return error.advise(`${card.driver} cannot map this memory.`, card.path);
  }
}

function addAdvice(
  error: KernelError,
  card: Card,
  layout: PictureLayout,
  formats: readonly string[] = [layout.format],
): KernelError {
  const { minWidth, minHeight, maxWidth, maxHeight } = card.resources;
  const strides = layout.planes.map(({ stride }) => stride).join(', ');
  return error.advise(
    `${card.driver} refuses ${layout.format} of ${layout.width}x${layout.height} with a stride of ${strides} ` +
      `bytes. It takes ${minWidth}x${minHeight} to ${maxWidth}x${maxHeight}, ` +
      (formats.includes(layout.format)
        ? 'and may want another alignment of the stride.'
        : `and of the formats that dmaflow knows: ${formats.join(', ') || 'none'}.`),
    card.path,
  );
}
