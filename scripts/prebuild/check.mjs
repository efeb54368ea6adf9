// Is a prebuilt addon fit for other machines than the one that built it? Read from the binary.
import { basename } from 'node:path';
import { outputOf } from '../lib/processes.mjs';

/** Debian 12, Ubuntu 22.04 and Raspberry Pi OS 12 have it, or a newer one. */
const NEWEST_GLIBC = '2.34';

/** libgcc is a part of every system that Node runs on. */
const SYSTEM = ['libc.so.6', 'libm.so.6', 'libgcc_s.so.1', /^ld-linux.*\.so\.\d$/];
const ALLOWED = {
  dmaflow: SYSTEM,
  dmaflow_gst: [
    ...SYSTEM,
    /^libgst(reamer|base|video|allocators)-1\.0\.so\.0$/,
    /^lib(glib|gobject)-2\.0\.so\.0$/,
  ],
};
const EXPORTS = ['napi_register_module_v1', 'node_api_module_get_api_version_v1'];

/**
 * @param {string} file an addon, for whichever processor
 * @returns {{ glibc: string, needed: string[], faults: string[] }} the newest version of glibc and the libraries that
 *   it needs; `faults`, each in words, with the symbol
 */
export function examine(file) {
  const symbols = dynamicSymbols(file);
  const needed = [...outputOf('readelf', ['-d', file]).matchAll(/\(NEEDED\).*\[(.*)\]/g)].map(
    ([, name]) => name,
  );
  const allowed = ALLOWED[basename(file).split('.')[0]];
  const versioned = symbols.filter(({ glibc }) => glibc !== undefined);
  const newest =
    versioned
      .map(({ glibc }) => glibc)
      .sort(byVersion)
      .at(-1) ?? '0';
  const faults = [
    ...versioned
      .filter(({ glibc }) => byVersion(glibc, NEWEST_GLIBC) > 0)
      .map(
        ({ name, glibc }) => `${name} needs glibc ${glibc}; the newest that it may need is ${NEWEST_GLIBC}`,
      ),
    ...needed
      .filter((name) => !allowed.some((each) => (each instanceof RegExp ? each.test(name) : each === name)))
      .map((name) => `it needs the library ${name}, which is to be linked in`),
    ...symbols
      .filter(({ name, defined }) => defined && !EXPORTS.includes(name))
      .map(({ name }) => `${name} is visible to other libraries`),
  ];
  return { glibc: newest, needed, faults };
}

// `Num: Value Size Type Bind Vis Ndx Name@VERSION`; the first one has no name, sections are no symbols to others.
const SYMBOL =
  /^\s*\d+:(?:\s+\S+){2}\s+(?!SECTION)(?:\S+\s+){3}(UND|ABS|\d+)\s+([^\s@]+)(?:@+GLIBC_([\d.]+))?/;

function dynamicSymbols(file) {
  const lines = outputOf('readelf', ['--dyn-syms', '--wide', file]).split('\n');
  return lines.flatMap((line) => {
    const [, section, name, glibc] = SYMBOL.exec(line) ?? [];
    return name === undefined ? [] : [{ name, glibc, defined: section !== 'UND' }];
  });
}

function byVersion(a, b) {
  const [left, right] = [a, b].map((text) => text.split('.').map(Number));
  const differing = left.findIndex((part, index) => part !== right[index]);
  return differing < 0 ? left.length - right.length : left[differing] - (right[differing] ?? 0);
}
