/** The card nodes of this machine. Numbers are not stable from boot to boot: look cards up by driver. */
import type { Kernel } from '../../native/kernel';

const DIRECTORY = '/dev/dri';

/** `/dev/dri/card*` in numeric order; empty where there is no DRM at all. */
export function cardNodes(kernel: Kernel): string[] {
  return (kernel.listDirectory(DIRECTORY) ?? [])
    .flatMap((name) => {
      const number = /^card(\d+)$/.exec(name)?.[1];
      return number === undefined ? [] : [{ name, number: Number(number) }];
    })
    .sort((a, b) => a.number - b.number)
    .map(({ name }) => `${DIRECTORY}/${name}`);
}
