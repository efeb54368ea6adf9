#!/usr/bin/env node
/** The `dmaflow` command. Each subcommand is a function from the kernel to what it prints. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { InvalidStateError, KernelError, NegotiationError, UnsupportedError } from '../errors';
import { loadKernel } from '../native/binding';
import type { Kernel } from '../native/kernel';
import { PACKAGE_FOLDER } from '../native/package-folder';
import { type BuffersOptions, buffersCommand } from './buffers';
import { buildCommand } from './build';
import { devicesCommand } from './devices';
import { doctorCommand, surroundings } from './doctor';
import { gstTypesCommand } from './gst-types';
import { heapsCommand } from './heaps';
import type { CommandOutput } from './output';

interface JsonOption {
  json?: boolean;
}

function createProgram(): Command {
  const program = new Command('dmaflow')
    .description('What this machine has for zero-copy camera-to-display pipelines.')
    .version(packageVersion());
  program
    .command('heaps')
    .description('list the dma-buf heaps: name, kind, other names of the same memory, permission')
    .option('--json', 'print JSON: [{name, kind, path, aliases, permitted}]')
    .addHelpText('after', '\nExit status 1 where the kernel has no heaps; --json prints [] then.')
    .action((options: JsonOption) => run(heapsCommand, options));
  program
    .command('devices')
    .description('list cameras with their formats, and displays with their modes')
    .option('--json', 'print JSON: {cameras, displays}')
    .addHelpText('after', '\nExit status 0 also where there are none; stderr then says what is missing.')
    .action((options: JsonOption) => run(devicesCommand, options));
  program
    .command('buffers')
    .description('list the live dma-bufs: processes that hold them, stage, size, heap, age, devices')
    .option('--pid <number>', 'those of one process only')
    .option('--json', 'print JSON: {buffers, hiddenProcesses, debugfs}')
    .addHelpText(
      'after',
      "\nDevices, and buffers that only the kernel holds, come from debugfs, which root may read.\n'?' stands for what cannot be known.",
    )
    .action((options: BuffersOptions) => run(buffersCommand, options));
  program
    .command('doctor')
    .description('what this machine has, what is missing, and what to do about it')
    .option('--json', 'print JSON: {versions, memory, limits, heaps, cameras, displays, gstreamer, problems}')
    .addHelpText('after', '\nExit status 1 where something is wrong without which nothing works.')
    .action((options: JsonOption) => print(() => doctorCommand(surroundings(packageVersion()), options)));
  program
    .command('build')
    .description('build the addon from its source, where none is prebuilt for this machine')
    .addHelpText(
      'after',
      '\nSays what it needs and what of it is missing; the result is build/Release in the package.',
    )
    .action(() => print(buildCommand));
  program
    .command('gst-types')
    .description("print TypeScript typings of GStreamer elements' properties, for GstPipeline.element()")
    .argument('<element...>', 'as gst-inspect-1.0 lists them')
    .action((elements: string[]) => print(() => gstTypesCommand(elements)));
  return program;
}

function run<O>(command: (kernel: Kernel, options: O) => CommandOutput, options: O): void {
  print(() => command(loadKernel(), options));
}

function print(command: () => CommandOutput): void {
  try {
    const { stdout, stderr, exitCode } = command();
    if (stdout !== '') process.stdout.write(`${stdout}\n`);
    if (stderr !== '') process.stderr.write(`${stderr}\n`);
    process.exitCode = exitCode;
  } catch (error) {
    if (!isExpected(error)) throw error;
    process.stderr.write(`dmaflow: ${error.message}\n`);
    process.exitCode = 1;
  }
}

/** Errors that say what to do; any other is a bug, and keeps its stack. */
function isExpected(error: unknown): error is Error {
  return [KernelError, UnsupportedError, NegotiationError, InvalidStateError].some(
    (type) => error instanceof type,
  );
}

function packageVersion(): string {
  const { version } = JSON.parse(readFileSync(join(PACKAGE_FOLDER, 'package.json'), 'utf8'));
  return version;
}

// `dmaflow devices | head` closes the pipe early.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});
createProgram().parse();
