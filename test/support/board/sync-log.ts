/** The flags of each DMA_BUF_IOCTL_SYNC that a program makes: see sync-log.c. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkout } from './program';

export class SyncLog {
  /** Variables for the program to be watched. */
  readonly env: Record<string, string>;
  readonly #path: string;

  constructor() {
    const directory = mkdtempSync(join(tmpdir(), 'sync-log-'));
    const library = join(directory, 'sync-log.so');
    const source = join(checkout, 'test/support/board/sync-log.c');
    execFileSync('cc', ['-shared', '-fPIC', '-Wall', '-Werror', '-o', library, source]);
    this.#path = join(directory, 'log');
    this.env = { LD_PRELOAD: library, SYNC_LOG: this.#path };
  }

  /** In the order of the calls, those that succeeded. */
  get entries(): { inode: number; flags: number }[] {
    if (!existsSync(this.#path)) return [];
    const lines = readFileSync(this.#path, 'utf8').split('\n').filter(Boolean);
    return lines.map((line) => {
      const [inode = 0, flags = 0] = line.split(' ').map(Number);
      return { inode, flags };
    });
  }
}
