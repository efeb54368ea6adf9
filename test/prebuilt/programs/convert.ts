/** Converts a picture of one colour from each format into each other, with the addon of a path; prints the colours. */
import { InvalidStateError, KernelError } from '../../../src/errors';
import type { Kernel } from '../../../src/native/kernel';
import { ConverterBench } from '../../contract/converter-bench';
import { type Color, draw, JPEG, mjpegSide, pictureSide, pixel } from '../../contract/pictures';

const FORMATS = ['XRGB8888', 'RGB565', 'NV12', 'NV21', 'YUYV', 'UYVY', 'YUV420'] as const;
const COLOR: Color = [40, 200, 60];

async function main(path: string): Promise<void> {
  const addon = require(path);
  addon.initialize({ KernelError, InvalidStateError, TypeError, RangeError });
  const kernel: Kernel = Object.create(addon);
  const colors: Record<string, Color> = {};
  for (const to of FORMATS) {
    for (const from of FORMATS) {
      const source = pictureSide(from, 128, 64);
      const target = pictureSide(to, 96, 48);
      const bench = new ConverterBench(kernel, source, target);
      const paint = (bytes: Uint8Array) => draw(source, bytes, () => COLOR) as undefined;
      colors[`${from} ${to}`] = pixel(target, await converted(bench, paint), 9, 9);
    }
    const target = pictureSide(to, 32, 16);
    const bench = new ConverterBench(kernel, mjpegSide(4096), target);
    const fill = (bytes: Uint8Array) => {
      bytes.set(JPEG);
      return JPEG.length;
    };
    colors[`MJPEG ${to}`] = pixel(target, await converted(bench, fill), 9, 9);
  }
  console.log(JSON.stringify(colors));
}

async function converted(
  bench: ConverterBench,
  fill: (bytes: Uint8Array) => number | undefined,
): Promise<Uint8Array> {
  await bench.start();
  await bench.put(1, fill);
  const { bytes } = await bench.take();
  const copy = bytes.slice();
  await bench.close();
  return copy;
}

main(process.argv[2] ?? '');
