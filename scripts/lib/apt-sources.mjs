// The machine's own package mirror, read out of its apt configuration at run time: deb822 `.sources` files and
// one-line `.list` files.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from './failure.mjs';
import { outputOf } from './processes.mjs';

/**
 * @typedef {object} Source
 * @property {string[]} uris
 * @property {string[]} suites
 * @property {string[]} components
 * @property {Record<string, string>} options those a further suite of the same mirror needs too, by deb822 name
 */

const KEPT_OPTIONS = ['Signed-By', 'Trusted', 'Check-Valid-Until', 'Allow-Insecure'];

/** The source of the machine that carries its distribution, as it stands in the apt configuration. */
export function debianMirror(suite) {
  const sources = machineSources().filter(
    ({ uris, components }) => components.includes('main') && uris.some((uri) => !uri.startsWith('cdrom:')),
  );
  const distribution = sources.filter(({ suites }) => suites.some((name) => !/security|updates/.test(name)));
  const source = sources.find(({ suites }) => suites.includes(suite)) ?? distribution[0];
  if (!source) {
    throw new Failure(
      `The apt configuration names no package mirror with the component 'main', so ${suite} cannot be reached. ` +
        'Add the distribution to /etc/apt/sources.list.d, or name a kernel in DMAFLOW_BOARD_KERNEL.',
    );
  }
  return source;
}

/** A deb822 stanza for another suite on the same mirror. @param {'deb' | 'deb-src'} [type] */
export function suiteSource(source, suite, type = 'deb') {
  const options = Object.entries(source.options).map(([key, value]) => `${key}: ${value}`);
  const stanza = [
    `Types: ${type}`,
    `URIs: ${source.uris[0]}`,
    `Suites: ${suite}`,
    'Components: main',
    ...options,
  ];
  return `${stanza.join('\n')}\n`;
}

function machineSources() {
  const shell = outputOf('apt-config', [
    'shell',
    'LIST',
    'Dir::Etc::sourcelist/f',
    'PARTS',
    'Dir::Etc::sourceparts/d',
  ]);
  const value = (key) => new RegExp(`^${key}='(.*)'$`, 'm').exec(shell)?.[1] ?? '';
  const [list, parts] = [value('LIST'), value('PARTS')];
  const files = existsSync(parts)
    ? readdirSync(parts)
        .sort()
        .map((name) => join(parts, name))
    : [];
  return [list, ...files].filter(existsSync).flatMap((path) => {
    const text = readFileSync(path, 'utf8');
    if (path.endsWith('.sources')) return parseDeb822(text);
    return path.endsWith('.list') ? parseOneLine(text) : [];
  });
}

/** @returns {Source[]} */
export function parseDeb822(text) {
  const uncommented = text.replace(/^#.*\n?/gm, '');
  return uncommented
    .split(/\n\s*\n/)
    .map((stanza) => {
      const fields = new Map();
      for (const [, key, value] of stanza.matchAll(/^([A-Za-z-]+):[ \t]*((?:.*)(?:\n[ \t].*)*)/gm)) {
        fields.set(key.toLowerCase(), value);
      }
      const words = (key) => (fields.get(key) ?? '').split(/\s+/).filter(Boolean);
      const options = KEPT_OPTIONS.filter((key) => fields.has(key.toLowerCase()));
      return {
        enabled: fields.get('enabled') !== 'no' && words('types').includes('deb'),
        uris: words('uris'),
        suites: words('suites'),
        components: words('components'),
        options: Object.fromEntries(options.map((key) => [key, fields.get(key.toLowerCase())])),
      };
    })
    .filter(({ enabled, uris }) => enabled && uris.length > 0)
    .map(({ enabled: _, ...source }) => source);
}

/** @returns {Source[]} */
export function parseOneLine(text) {
  const lines = text.matchAll(/^\s*deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s+([^#\n]+)/gm);
  return [...lines].map(([, options = '', uri, suite, components]) => ({
    uris: [uri],
    suites: [suite],
    components: components.trim().split(/\s+/),
    options: Object.fromEntries(
      options
        .split(/\s+/)
        .map((option) => option.split('='))
        .map(([key, value]) => [KEPT_OPTIONS.find((kept) => kept.toLowerCase() === key), value])
        .filter(([key]) => key),
    ),
  }));
}
