// Imported before anything else: the other modules use what older versions of Node do not have.
import { readFileSync } from 'node:fs';

const { engines } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
const wanted = engines.node.replace('>=', '');
const [major, minor = 0] = wanted.split('.').map(Number);
const [hasMajor, hasMinor] = process.versions.node.split('.').map(Number);

if (hasMajor < major || (hasMajor === major && hasMinor < minor)) {
  process.stderr.write(
    `dmaflow needs Node ${wanted} or newer; ${process.execPath} is ${process.versions.node}. ` +
      'Install a newer Node from your distribution or from nodejs.org and run this again.\n',
  );
  process.exit(1);
}
