/** Saves pixels as a PNG. */
import type { Screenshot } from 'dmaflow';

export async function savePng(file: string, picture: Screenshot): Promise<void> {
  // Only where a picture is asked for: a sample then starts sooner, and runs where sharp has no binary.
  const { default: sharp } = await import('sharp');
  const { width, height } = picture;
  await sharp(toRgb(picture), { raw: { width, height, channels: 3 } })
    .png()
    .toFile(file);
}

/** XRGB8888 lies in memory as B, G, R, X. */
function toRgb({ width, height, stride, data, format }: Screenshot): Uint8Array {
  if (format !== 'XRGB8888' && format !== 'ARGB8888') throw new TypeError(`cannot save ${format} as a PNG`);
  const rgb = new Uint8Array(width * height * 3);
  for (let y = 0, to = 0; y < height; y++) {
    for (let from = y * stride; from < y * stride + width * 4; from += 4) {
      rgb[to++] = data[from + 2] ?? 0;
      rgb[to++] = data[from + 1] ?? 0;
      rgb[to++] = data[from] ?? 0;
    }
  }
  return rgb;
}
