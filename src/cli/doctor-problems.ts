/** What `dmaflow doctor` finds wrong, each with what to do. */
import { HEAP_UDEV_RULE } from '../allocators/heap-advice';
import { type DoctorReport, type Problem, problemOf } from './doctor-report';

const GROUP_ADVICE = 'be in the group that owns it (sudo usermod -aG video $USER, and log in again)';
/** A 1280x720 NV12 camera with eight buffers takes 11 MB. */
const SMALL_CMA = 32 * 1024 * 1024;

/** @param seen whether somebody could look for heaps and devices: without the addon nobody misses them. */
export function findProblems(report: Omit<DoctorReport, 'problems'>, seen: boolean): Problem[] {
  const hardware = seen ? [...memoryProblems(report), ...deviceProblems(report)] : [];
  return [...hardware, ...softwareProblems(report)];
}

function memoryProblems({ heaps, memory }: Omit<DoctorReport, 'problems'>): Problem[] {
  const all: Problem[] = [];
  const forbidden = heaps.filter(({ permitted }) => !permitted).map(({ name }) => name);
  if (forbidden.length > 0) {
    all.push({
      severity: forbidden.length === heaps.length ? 'error' : 'warning',
      what: `you may not open the ${forbidden.length === 1 ? 'heap' : 'heaps'} ${forbidden.join(', ')}`,
      advice:
        `write the udev rule '${HEAP_UDEV_RULE}' into /etc/udev/rules.d/60-dma-heap.rules, run ` +
        '`sudo udevadm control --reload && sudo udevadm trigger`, be in the group video, and log in again',
    });
  }
  if (heaps.length > 0 && !heaps.some(({ kind }) => kind === 'contiguous')) {
    all.push({
      severity: 'warning',
      what: 'there is no heap of contiguous memory, which devices without an IOMMU need',
      advice:
        'use a kernel with CONFIG_DMABUF_HEAPS_CMA=y and give it memory, as cma=256M on its command line',
    });
  }
  if (
    memory.cmaFree !== null &&
    memory.cmaTotal !== null &&
    memory.cmaTotal > 0 &&
    memory.cmaFree < SMALL_CMA
  ) {
    all.push({
      severity: 'warning',
      what: `only ${Math.floor(memory.cmaFree / 1024 / 1024)} MiB of contiguous memory (CMA) are free`,
      advice: '`dmaflow buffers` says who holds it; cma=256M on the kernel command line gives more',
    });
  }
  return all;
}

function deviceProblems({ cameras, displays }: Omit<DoctorReport, 'problems'>): Problem[] {
  const all: Problem[] = [];
  for (const { path } of cameras.filter(({ permitted }) => !permitted)) {
    all.push({ severity: 'warning', what: `you may not open the camera ${path}`, advice: GROUP_ADVICE });
  }
  for (const { path } of displays.filter(({ permitted }) => !permitted)) {
    all.push({ severity: 'warning', what: `you may not open the card ${path}`, advice: GROUP_ADVICE });
  }
  for (const { path, driver } of displays.filter(({ permitted, atomic }) => permitted && !atomic)) {
    all.push({
      severity: 'warning',
      what: `the display driver ${driver} of ${path} has no atomic modesetting, which kmsSink needs`,
      advice: 'use a newer kernel, or the DRM driver of the hardware instead of a framebuffer one',
    });
  }
  if (displays.length === 0) {
    all.push({
      severity: 'note',
      what: 'there is no display: no card in /dev/dri has connectors',
      advice: 'the kernel needs the DRM driver of the display; `sudo modprobe vkms` emulates one',
    });
  }
  return all;
}

function softwareProblems({ limits, gstreamer }: Omit<DoctorReport, 'problems'>): Problem[] {
  const all: Problem[] = [];
  if (limits.realtimePriority === 0 && !limits.root) {
    all.push({
      severity: 'note',
      what: 'RLIMIT_RTPRIO is 0: a busy machine can delay the frame loop, and lose frames',
      advice: "write '@video - rtprio 10' into /etc/security/limits.d/dmaflow.conf, and log in again",
    });
  }
  for (const fault of gstreamer.faults) {
    const { what, advice } = problemOf('note', fault);
    all.push({ severity: 'note', what: `${what} (nothing else needs it)`, advice });
  }
  for (const [name, elements] of byPackage(gstreamer.missing)) {
    const what = elements.map(({ element, purpose }) => `${element} (${purpose})`).join(', ');
    all.push({
      severity: 'note',
      what: `GStreamer has no ${what}`,
      advice: name === null ? 'install the plugin' : `on Debian and Ubuntu: apt-get install ${name}`,
    });
  }
  return all;
}

function byPackage<T extends { package: string | null }>(missing: readonly T[]): Map<string | null, T[]> {
  const groups = new Map<string | null, T[]>();
  for (const each of missing) groups.set(each.package, [...(groups.get(each.package) ?? []), each]);
  return groups;
}
