/** Why an addon is not there or does not load, and what to do about it: texts only. */

/** The addon, and that for GStreamer. */
export type AddonName = 'dmaflow' | 'dmaflow_gst';

/** What an addon is built for. */
export interface Host {
  /** As `process.platform` and `process.arch`. */
  platform: string;
  arch: string;
  /** The processor as the kernel calls it: `armv6l`, `armv7l`. */
  machine: string;
  libc: 'glibc' | 'musl';
}

/** All that GStreamer's stages take of a system, for what is missing first. */
const GSTREAMER =
  'libgstreamer1.0-0 libgstreamer-plugins-base1.0-0 ' +
  'gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-bad';

/** Debian's and Ubuntu's package for a shared library that the addons load. */
const PACKAGES: readonly [library: RegExp, debian: string][] = [
  [/^libdrm\.so/, 'libdrm2'],
  [/^libyuv\.so/, 'libyuv0'],
  [/^libjpeg\.so/, 'libjpeg62-turbo'],
  [/^libstdc\+\+\.so/, 'libstdc++6'],
  [/^libgcc_s\.so/, 'libgcc-s1'],
  [/^lib(gst\w+-1|glib-2|gobject-2)\.0\.so/, GSTREAMER],
];

const BUILD = 'Build one for this machine: npx dmaflow build (it says what it needs)';

/**
 * No file is there.
 *
 * @param found `bundled`: this code does not run from the folder of dmaflow; `prebuilt`: what the package has, such as
 * `linux-x64 (glibc)`
 */
export function whyThereIsNone(
  name: AddonName,
  { platform, arch, machine, libc }: Host,
  found: { bundled: boolean; prebuilt: readonly string[] },
): string {
  if (platform !== 'linux') return `dmaflow runs on Linux; this is ${platform}`;
  if (found.bundled) {
    return (
      'the JavaScript of dmaflow was bundled into another file, and the addon is not beside it. ' +
      'Mark dmaflow as external (esbuild: --external:dmaflow) and install it beside the bundle, or copy ' +
      "the folder 'prebuilds' of the package dmaflow to where the bundle is"
    );
  }
  const processor = arch === 'arm' ? `${arch}, ${machine}` : arch;
  const has = found.prebuilt.length > 0 ? `it is for ${found.prebuilt.join(', ')}` : 'none is there';
  return `the package has no prebuilt ${name}.node for linux (${processor}) with ${libc}: ${has}. ${BUILD}`;
}

/**
 * It is there and cannot be loaded.
 *
 * @param reason in the words of the dynamic loader
 */
export function whyItDoesNotLoad(path: string, reason: string, { arch }: Host): string {
  const [, newer] = /version [`'](GLIBC_[\d.]+)' not found/.exec(reason) ?? [];
  if (newer) {
    return (
      `${path} needs ${newer.replace('_', ' ')}, and the C library here is older. ` +
      `Take a newer system (Debian 12, Ubuntu 22.04, Raspberry Pi OS 12 or later). Or: ${BUILD}`
    );
  }
  // As glibc says it, and as musl does.
  const missing =
    /(?:^|\s)([^\s:/]+\.so[^\s:/]*): (?:cannot open shared object file|No such file or directory \(needed)/;
  const [, library] = missing.exec(reason) ?? [];
  if (library) {
    const [, debian] = PACKAGES.find(([name]) => name.test(library)) ?? [];
    const install = debian ? `. On Debian and Ubuntu: apt-get install ${debian}` : '';
    return `${path} needs the library ${library}, which is not installed${install}`;
  }
  if (/wrong ELF class|invalid ELF header|cannot open shared object file|Exec format/.test(reason)) {
    return `${path} was built for another processor than this one (${arch}). Delete it, or set PREBUILDS_ONLY=1: ${reason}`;
  }
  return `${path}: ${reason}. ${BUILD}`;
}
