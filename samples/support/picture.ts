/** The picture on the display, as a PNG. */
import type { Frame, Pipeline, Screenshot } from 'dmaflow';
import { savePng } from './png';

export interface KeptPicture {
  save(): Promise<void>;
}

/**
 * Reads the display back through its writeback connector where it has one. Elsewhere the newest frame on its way to the display is kept,
 * which costs a turn of JavaScript for each frame.
 */
export function keepPicture(pipeline: Pipeline, file: string): KeptPicture {
  if (pipeline.canScreenshot()) {
    return {
      async save() {
        await savePng(file, await pipeline.screenshot());
        console.log(`saved what the display shows: ${file}`);
      },
    };
  }
  let newest: Frame | undefined;
  pipeline.frames('camera', { max: 2 }).subscribe({
    next(frame) {
      newest?.close();
      newest = frame.clone();
    },
    complete: () => newest?.close(),
    error: () => newest?.close(),
  });
  return {
    async save() {
      if (!newest) return;
      await savePng(file, pixelsOf(newest));
      console.log(`saved the last frame that went to the display, which cannot be read back: ${file}`);
    },
  };
}

function pixelsOf(frame: Frame): Screenshot {
  using px = frame.cpuAccess('read');
  const plane = px.planes[0];
  if (!plane) throw new TypeError(`a frame in ${frame.format} has no pixels to save`);
  const { codedWidth: width, codedHeight: height, format } = frame;
  return { width, height, format, stride: plane.stride, data: plane.data.slice() };
}
