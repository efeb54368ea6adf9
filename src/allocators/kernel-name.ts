/** Bytes that DMA_BUF_SET_NAME takes, without the terminating NUL (DMA_BUF_NAME_LEN in include/uapi/linux/dma-buf.h). */
const MAX_BYTES = 31;
/** Stands where something was cut out. */
const CUT = '~';
/** What the kernel takes as it is. */
const PLAIN = /^[!-~]{1,31}$/;
const OURS = /^dmaflow:(\d+)\/(.+?)(?::(\d+)(?:\.p(\d+))?)?$/;

/** What a dma-buf's name says, where it is one of {@link bufferName}. */
export interface BufferNameParts {
  /** Process that made the buffer, as it saw its own number (in a container: the container's). */
  pid: number;
  /** May have been cut: `a-long-na~`. */
  stage: string;
  index: number | undefined;
  memoryPlane: number | undefined;
}

/**
 * A name as the kernel takes it: at most 31 bytes. Of one that is longer the end is kept from its last `:` on, since
 * the index tells buffers apart: `dmaflow:812/a-long-name-for-~:12`. What would break a line of debugfs becomes `_`.
 */
export function kernelName(name: string): string {
  if (PLAIN.test(name)) return name;
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

/**
 * The name of every dma-buf of ours, `owner/stage`: who made it, and for what. `dmaflow:812/camera:3` is buffer 3 of the
 * stage `camera` in process 812; with several memory planes `dmaflow:812/camera:3.p1`. The process is in it because a
 * dma-buf can outlive it, or be open in others only.
 */
export function bufferName(stage: string, index?: number, memoryPlane?: number, pid = process.pid): string {
  const plane = memoryPlane === undefined ? '' : `.p${memoryPlane}`;
  return kernelName(`dmaflow:${pid}/${stage}${index === undefined ? '' : `:${index}${plane}`}`);
}

/** The parts of a name that {@link bufferName} made; undefined for any other. */
export function parseBufferName(name: string): BufferNameParts | undefined {
  const [, pid, stage, index, plane] = OURS.exec(name) ?? [];
  if (pid === undefined || stage === undefined) return undefined;
  const number = (text: string | undefined) => (text === undefined ? undefined : Number(text));
  return { pid: Number(pid), stage, index: number(index), memoryPlane: number(plane) };
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
