import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

export interface RunOptions {
  cwd: string;
  env?: NodeJS.ProcessEnv;
}

/** What a program wrote; both outputs and the status are in the error of one that failed. */
export function run(program: string, args: readonly string[], options: RunOptions): string {
  const { status, stdout, stderr, error } = outcome(program, args, options);
  if (error) throw error;
  if (status !== 0) {
    throw new Error(
      `${[program, ...args].join(' ')} ended with status ${status} in ${options.cwd}:\n${stdout}${stderr}`,
    );
  }
  return stdout.trim();
}

/** How a program ended that may fail. */
export function outcome(program: string, args: readonly string[], { cwd, env = {} }: RunOptions) {
  const ours = { DMAFLOW_CODE_CACHE: join(process.env.DMAFLOW_PACKAGE_TEST ?? cwd, 'code-cache') };
  return spawnSync(program, args, {
    cwd,
    env: { ...usersEnvironment(), ...ours, ...env },
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
}

// As on a user's terminal: npm and jest tell their children much about themselves.
function usersEnvironment(): NodeJS.ProcessEnv {
  const told =
    /^(npm_(?!config_(registry|userconfig|cache)$)|JEST_|DMAFLOW_|NODE_(ENV|OPTIONS|PATH)$|INIT_CWD$)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !told.test(name)));
}
