/** What the package is tried with, pinned: other versions of Node for each processor, package managers, and an rxjs of the program's own. */
export const NODES: Record<string, readonly string[]> = {
  x64: ['20.20.2', '22.23.3', '24.21.0', '26.12.1'],
  arm64: ['20.20.2', '22.23.3', '24.22.0', '26.12.0'],
};

export const TOOLS = {
  npm: '12.2.1',
  pnpm: '10.34.8',
  yarn: '1.22.22',
  '@yarnpkg/cli-dist': '4.18.1',
  rxjs: '7.5.0',
} as const;
