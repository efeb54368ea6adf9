/** Bytes that DMA_BUF_SET_NAME takes, without the terminating NUL (DMA_BUF_NAME_LEN in include/uapi/linux/dma-buf.h). */
const MAX_BYTES = 31;
/** Stands where something was cut out. */
const CUT = '~';

/**
 * A name as the kernel takes it: at most 31 bytes. Of one that is longer the end is kept from its last `:` on, since
 * the index tells buffers apart: `dmaflow:a-long-name-for-a-cam~:12`. What would break a line of debugfs becomes `_`.
 */
export function kernelName(name: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is replaced
  const clean = name.replace(/[\u0000-\u001f\u007f\s]/g, '_');
  if (Buffer.byteLength(clean) <= MAX_BYTES) return clean;
  const colon = clean.lastIndexOf(':');
  const tail = colon < 0 ? '' : clean.slice(colon);
  const keepsTail = Buffer.byteLength(tail) < MAX_BYTES - CUT.length;
  const end = CUT + (keepsTail ? tail : '');
  const head = keepsTail && tail !== '' ? clean.slice(0, colon) : clean;
  return cutToBytes(head, MAX_BYTES - Buffer.byteLength(end)) + end;
}

/** `dmaflow:camera:3`; with several memory planes `dmaflow:camera:3.p1`. */
export function bufferName(owner: string, index: number, memoryPlane?: number): string {
  return kernelName(`dmaflow:${owner}:${index}${memoryPlane === undefined ? '' : `.p${memoryPlane}`}`);
}

/** Whole characters only. */
function cutToBytes(text: string, bytes: number): string {
  let used = 0;
  let cut = '';
  for (const character of text) {
    used += Buffer.byteLength(character);
    if (used > bytes) break;
    cut += character;
  }
  return cut;
}
