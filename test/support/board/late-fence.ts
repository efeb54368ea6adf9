/** A device, played by another process, whose work on a dma-buf is late: see late-fence.c. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import type { DmaBuf } from 'dmaflow';
import { compiled } from './native-helper';
import { until } from './until';

export class LateFence implements Disposable {
  readonly #child: ChildProcess;
  #said = '';

  private constructor(buffer: DmaBuf, access: 'read' | 'write') {
    const program = compiled('late-fence');
    const fd = buffer.exportFd();
    this.#child = spawn(program, [access], { stdio: ['pipe', 'pipe', 'pipe', fd] });
    closeSync(fd);
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on('data', (chunk) => {
        this.#said += chunk;
      });
    }
  }

  /** Resolves when the fence is on the dma-buf. */
  static async on(buffer: DmaBuf, access: 'read' | 'write'): Promise<LateFence> {
    const fence = new LateFence(buffer, access);
    await fence.#says('pending');
    return fence;
  }

  async signal(): Promise<void> {
    this.#child.stdin?.write('\n');
    await this.#says('signalled');
  }

  /** The end of its timeline signals what is pending. */
  [Symbol.dispose](): void {
    this.#child.kill('SIGKILL');
  }

  async #says(word: string): Promise<void> {
    await until(`late-fence to say '${word}'`, () => this.#said.includes(word) || this.#failed());
    if (!this.#said.includes(word)) throw new Error(`late-fence: ${this.#said}`);
  }

  #failed(): boolean {
    return this.#child.exitCode !== null && this.#child.exitCode !== 0;
  }
}
