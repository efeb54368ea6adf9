import { readFileSync } from 'node:fs';

/** A field of /proc/meminfo, in kB: `CmaFree`. */
export function meminfo(field: string): number {
  const match = new RegExp(`^${field}:\\s*(\\d+) kB$`, 'm').exec(readFileSync('/proc/meminfo', 'utf8'));
  if (!match) throw new Error(`no ${field} in /proc/meminfo`);
  return Number(match[1]);
}
