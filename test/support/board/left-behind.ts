/** What a program must not leave behind, however it ended: dma-bufs, framebuffers and open device files. */
import { readFileSync } from 'node:fs';
import { cards } from './devices';
import { allDmaBufs, openFiles } from './dma-bufs';
import { until } from './until';

/** Fails the test with what is still there once the kernel has had the time to clean up after a process. */
export async function expectNothingLeft(): Promise<void> {
  await until('the kernel to clean up', () => leftBehind().length === 0, 5).catch(() => undefined);
  expect(leftBehind()).toEqual([]);
}

/** In words: dma-bufs and framebuffers of all programs, device files of this process. */
export function leftBehind(): string[] {
  return [
    ...allDmaBufs().map(({ exporter, name }) => `dma-buf '${name}' of ${exporter}`),
    ...cards()
      .filter(({ connectors }) => connectors.length > 0)
      .flatMap(({ path, debug }) =>
        framebufferOwners(debug).map((owner) => `framebuffer of ${owner} on ${path}`),
      ),
    ...openFiles(process.pid)
      .filter(({ target }) => /^\/dev\/(video|dri|dma_heap)|^\/dmabuf:/.test(target))
      .map(({ fd, target }) => `fd ${fd}: ${target}`),
  ];
}

/** Programs with framebuffers; the console's own stays. */
function framebufferOwners(debug: string): string[] {
  const text = readFileSync(`${debug}/framebuffer`, 'utf8');
  return [...text.matchAll(/allocated by = (.*)$/gm)].flatMap(([, owner = '']) =>
    owner === '[fbcon]' ? [] : [owner],
  );
}
