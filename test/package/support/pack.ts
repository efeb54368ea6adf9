/**
 * Before the tests of the package: packs it as it would be published, and installs it as a user without a compiler does, into a folder
 * that has nothing else, outside of the checkout.
 */
import { cpSync, existsSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { run } from './run';

const checkout = resolve(__dirname, '../../..');
const PREBUILT = `prebuilds/linux-${process.arch}/dmaflow.glibc.node`;

export default function setup(): void {
  const folder = mkdtempSync(join(tmpdir(), 'dmaflow-package-'));
  process.env.DMAFLOW_PACKAGE_TEST = folder;
  const tarball = withAddon(pack(checkout, folder), folder);
  const app = join(folder, 'app');
  mkdirSync(app);
  writeFileSync(join(app, 'package.json'), JSON.stringify({ name: 'app', version: '1.0.0', private: true }));
  run('npm', ['install', tarball, '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline'], {
    cwd: app,
  });
}

function pack(from: string, to: string): string {
  const [{ filename }] = JSON.parse(
    run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', to], { cwd: from }),
  );
  return join(to, filename);
}

/** Without `npm run prebuild` the package has no addon: then it gets the one that was built for this machine. */
function withAddon(tarball: string, folder: string): string {
  run('tar', ['-xzf', tarball], { cwd: folder });
  const unpacked = join(folder, 'package');
  if (existsSync(join(unpacked, PREBUILT))) return tarball;
  mkdirSync(join(unpacked, PREBUILT, '..'), { recursive: true });
  cpSync(join(checkout, 'build/Release/dmaflow.node'), join(unpacked, PREBUILT));
  return pack(unpacked, folder);
}
