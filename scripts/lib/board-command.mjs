// `npm run board`: one command in the emulated board, or a shell.
import { relative } from 'node:path';
import { runOnBoard } from '../../test/board/machine/board.mjs';
import { prepareBoard } from '../../test/board/machine/board-files.mjs';
import { boardNamed, boards } from '../../test/board/machine/boards.mjs';
import { userTerminal } from '../../test/board/machine/terminal.mjs';
import { Failure } from './failure.mjs';
import { readNumber, readOptions, splitCommand } from './options.mjs';
import { onBoard } from './paths.mjs';
import { say } from './progress.mjs';
import { boardLevels } from './requirements.mjs';
import { setUp } from './set-up.mjs';

const usage =
  `npm run board -- [--board ${Object.keys(boards).join('|')}] [--append "KERNEL ARGS"] [--timeout SECONDS] ` +
  '[--mem 2G] [--device NAME]… [--no-build] [--yes] [[--] COMMAND ARGS…]';

const options = {
  board: { type: 'string' },
  append: { type: 'string', multiple: true },
  timeout: { type: 'string' },
  mem: { type: 'string' },
  device: { type: 'string', multiple: true },
  // For looking round with what is built, or when a build is what is broken.
  'no-build': { type: 'boolean' },
  yes: { type: 'boolean' },
};

/** @returns {Promise<number>} the command's exit status */
export async function board() {
  if (onBoard) throw new Failure('This is the board already.');
  const { own, command } = splitCommand(options);
  const values = readOptions(usage, options, own);
  const chosen = boardNamed(values.board);
  const timeout = readNumber('timeout', values.timeout, { minimum: 1 });
  if (values.mem !== undefined && !/^\d+[MG]$/.test(values.mem)) {
    throw new Failure(`--mem takes a size such as 512M or 2G, not '${values.mem}'.`, { exitCode: 2 });
  }
  const isShell = command.length === 0;
  const onTerminal = Boolean(process.stdin.isTTY && process.stdout.isTTY);
  if (isShell && !onTerminal) {
    throw new Failure(`A shell in the board needs a terminal; give a command.\nUsage: ${usage}`, {
      exitCode: 2,
    });
  }
  await setUp(boardLevels(chosen), { yes: values.yes, build: !values['no-build'] });
  if (!values['no-build']) await prepareBoard(chosen);

  let machine;
  const stop = () => machine?.stop();
  if (isShell) say('A shell on the board. exit or Ctrl-D ends it, Ctrl-] switches the board off.');
  const result = await runOnBoard({
    board: chosen,
    command: isShell ? ['bash', '-i'] : command,
    append: values.append?.join(' '),
    timeout,
    memory: values.mem,
    devices: values.device,
    onStdout: (chunk) => process.stdout.write(chunk),
    onStderr: (chunk) => process.stderr.write(chunk),
    stdin: process.stdin.isTTY ? undefined : process.stdin,
    terminal: onTerminal ? userTerminal({ onLeave: stop, leaveByInterrupts: !isShell }) : undefined,
    onMachine: (running) => {
      machine = running;
    },
  });
  process.stdin.unref?.();
  if (timeout !== undefined && result.status === 124)
    say(`The command was ended after ${timeout} s (--timeout).`);
  if (result.outDirectory) say(`Files from the board: ${relative(process.cwd(), result.outDirectory)}`);
  return result.status;
}
