// Does KVM work here? /dev/kvm exists on machines where QEMU then fails, or hangs: so it is tried, for a short time, with the kernel
// that is to run.

import { spawn } from 'node:child_process';
import {
  accessSync,
  existsSync,
  constants as fsConstants,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { cacheDirectory } from '../../../scripts/lib/paths.mjs';

/** Where it works, a kernel is at its end in a second or two. */
const LIMIT_MS = 10_000;

/**
 * Asks once for each start of the machine; the answer is kept in the cache.
 * @param {string} program QEMU's
 * @param {{ kernel: string, device?: string }} options `device`: KVM's node
 */
export async function kvmWorks(program, { kernel, device = '/dev/kvm' }) {
  if (!mayOpen(device)) return false;
  const record = join(cacheDirectory(), 'kvm.json');
  const asked = { boot: bootId(), program, kernel };
  const known = existsSync(record) ? JSON.parse(readFileSync(record, 'utf8')) : {};
  if (Object.entries(asked).every(([key, value]) => known[key] === value)) return known.works;
  const works = await reachesItsEnd(program, kernel);
  mkdirSync(dirname(record), { recursive: true });
  writeFileSync(record, `${JSON.stringify({ ...asked, works })}\n`);
  return works;
}

// Without a root the kernel has come through all of its start when it panics; QEMU ends with it.
async function reachesItsEnd(program, kernel) {
  const directory = mkdtempSync(join(tmpdir(), 'dmaflow-kvm-'));
  const output = join(directory, 'console');
  try {
    const child = spawn(
      program,
      [
        ...[
          '-accel',
          'kvm',
          '-cpu',
          'max',
          '-smp',
          '2',
          '-m',
          '512M',
          '-nodefaults',
          '-no-user-config',
          '-no-reboot',
        ],
        ...['-display', 'none', '-vga', 'none', '-serial', `file:${output.replaceAll(',', ',,')}`],
        ...['-kernel', kernel, '-append', 'console=ttyS0 panic=-1 mitigations=off'],
      ],
      { stdio: 'ignore' },
    );
    const limit = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS);
    const ended = await new Promise((resolve) => {
      child.on('error', () => resolve(false));
      child.on('close', (status) => resolve(status === 0));
    });
    clearTimeout(limit);
    return ended && readFileSync(output, 'utf8').includes('Kernel panic');
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function mayOpen(path) {
  try {
    accessSync(path, fsConstants.R_OK | fsConstants.W_OK);
    return true;
  } catch {
    return false;
  }
}

const bootId = () => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
