/** One thread of a worker stage, seen from the thread of the pipeline. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { accessHolder, type CpuUse } from '../allocators/cpu-use';
import { StageError, UnsupportedError } from '../errors';
import { PACKAGE_FOLDER } from '../native/package-folder';
import type { Frame } from './frame';
import { type FromWorker, receiveError, type ToWorker, type WorkerSetup } from './worker-protocol';

/** Milliseconds that a thread has to end by itself, with what its function left running. */
const GRACE = 500;

/** In the package it is a file of its own beside what else is loaded by name (scripts/lib/bundle.mjs). */
const ENTRIES = [join(__dirname, 'worker-main.js'), join(PACKAGE_FOLDER, 'dist/pipeline/worker-main.js')];

interface Job {
  id: number;
  resolve(): void;
  reject(error: unknown): void;
}

export class WorkerThread {
  /** What the thread did with the bytes of frames so far. */
  use: CpuUse;
  /** Resolves when the function is loaded; rejects with why it cannot be. */
  readonly ready: Promise<void>;
  readonly #stage: string;
  readonly #worker: Worker;
  readonly #exited: Promise<void>;
  /** Frames that the thread holds, by id: they stay with the pipeline until it lets go of them, or ends. */
  readonly #held = new Map<number, Frame>();
  readonly #onEnd: (error: StageError) => void;
  #job: Job | undefined;
  #nextId = 0;
  #crash: unknown;
  /** The thread is gone, and why: frames may still come until the pipeline has stopped. */
  #lost: StageError | undefined;
  #closing = false;

  /** @param onEnd the thread ended though nobody closed it, and no frame was at work to say so. */
  constructor(setup: WorkerSetup, index: number, onEnd: (error: StageError) => void) {
    this.#stage = setup.stage;
    this.use = accessHolder(setup.stage).use;
    this.#onEnd = onEnd;
    const name = `dmaflow:${setup.stage}:${index}`;
    const threads: typeof import('node:worker_threads') = require('node:worker_threads');
    this.#worker = new threads.Worker(workerEntry(), { workerData: setup, name });
    this.ready = new Promise((resolve, reject) => {
      this.#job = { id: -1, resolve, reject };
    });
    this.#exited = new Promise((resolve) => {
      this.#worker.on('exit', (code) => {
        this.#ended(code);
        resolve();
      });
    });
    this.#worker.on('message', (message: FromWorker) => this.#hear(message));
    this.#worker.on('error', (error) => {
      this.#crash = error;
    });
  }

  get idle(): boolean {
    return this.#job === undefined;
  }

  /** Runs the function on a frame; resolves when it has ended. One at a time. */
  process(frame: Frame): Promise<void> {
    if (this.#lost) return Promise.reject(this.#lost);
    const id = this.#nextId++;
    const { sequence, timestamp, bytesUsed } = frame;
    const buffers = frame.buffers.map(({ reference }) => reference);
    this.#held.set(id, frame.clone());
    this.#tell({ type: 'frame', id, sequence, timestamp, bytesUsed: [...bytesUsed], buffers });
    return new Promise((resolve, reject) => {
      this.#job = { id, resolve, reject };
    });
  }

  /** Ends the thread: at once where its function is still at work. Never rejects. */
  async close(): Promise<void> {
    this.#closing = true;
    if (this.#job) {
      await this.#worker.terminate();
    } else {
      this.#tell({ type: 'close' });
      const timer = setTimeout(() => void this.#worker.terminate(), GRACE);
      await this.#exited;
      clearTimeout(timer);
    }
    await this.#exited;
  }

  #tell(message: ToWorker): void {
    this.#worker.postMessage(message);
  }

  #hear(message: FromWorker): void {
    switch (message.type) {
      case 'ready':
        this.#settle()?.resolve();
        break;
      case 'unusable': {
        const cause = receiveError(message.error);
        this.#settle()?.reject(new StageError(this.#stage, cause, 'cannot start its worker'));
        break;
      }
      case 'done':
        this.use = message.use;
        if (message.fenced) this.#held.get(message.id)?.awaitFences();
        if (message.released) this.#release(message.id);
        if (message.error) this.#settle()?.reject(receiveError(message.error));
        else this.#settle()?.resolve();
        break;
      case 'released':
        this.#release(message.id);
        break;
    }
  }

  /** The thread is gone, and with it its fds, mappings and accesses. */
  #ended(code: number): void {
    for (const id of [...this.#held.keys()]) this.#release(id);
    const job = this.#settle();
    if (this.#closing) {
      job?.resolve();
      return;
    }
    const reason = this.#crash ?? new Error(`it exited with code ${code}`);
    const error = new StageError(this.#stage, reason, 'lost its worker');
    this.#lost = error;
    if (job) job.reject(error);
    else this.#onEnd(error);
  }

  #settle(): Job | undefined {
    const job = this.#job;
    this.#job = undefined;
    return job;
  }

  #release(id: number): void {
    this.#held.get(id)?.close();
    this.#held.delete(id);
  }
}

function workerEntry(): string {
  const entry = ENTRIES.find((path) => existsSync(path));
  if (entry) return entry;
  throw new UnsupportedError(
    'workerStage() runs the file dist/pipeline/worker-main.js of dmaflow in its threads, which is not there: the JavaScript of dmaflow was ' +
      'bundled into another file. Mark dmaflow as external (esbuild: --external:dmaflow) and install it beside the bundle',
  );
}
