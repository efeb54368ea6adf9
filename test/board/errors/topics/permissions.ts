/** Nodes that an ordinary user may not open. */
import { chmodSync, chownSync } from 'node:fs';
import { join } from 'node:path';
import { multiPlanarCamera, singlePlanarCamera } from '../../../support/board/devices';
import { checkout, Program } from '../../../support/board/program';

const asUser = ['--reuid=1000', '--regid=1000', '--clear-groups', '--inh-caps=-all'];

interface Refusal {
  name: string;
  message: string;
  code: string;
  path: string;
}

export function permissionErrors(): void {
  const closed = singlePlanarCamera();
  const open = multiPlanarCamera();
  let refusals: Map<string, Refusal>;

  beforeAll(async () => {
    // As udev leaves them: the one camera in group video, the other open to this user.
    chownSync(closed, 0, 44);
    chmodSync(closed, 0o660);
    chmodSync(open, 0o666);
    const program = join(__dirname, '../programs/refusals.js');
    await using user = new Program('setpriv', [...asUser, process.execPath, program, closed, open]);
    await user.ended;
    const lines = user.stdout.trim().split('\n');
    refusals = new Map(lines.map((line) => [JSON.parse(line).name, JSON.parse(line)]));
  });
  afterAll(() => {
    chownSync(closed, 0, 0);
    for (const node of [closed, open]) chmodSync(node, 0o600);
  });

  it('camera not permitted: names the group to be in', () => {
    expect(refusals.get('camera')).toMatchObject({ code: 'EACCES', path: closed });
    expect(refusals.get('camera')?.message).toBe(
      `open on ${closed}: EACCES. The node belongs to group \`video\`: ` +
        'run `sudo usermod -aG video $USER` and log in again.',
    );
  });

  it('card not permitted', () => {
    expect(refusals.get('card')?.code).toBe('EACCES');
    expect(refusals.get('card')?.message).toMatch(
      /^open on \/dev\/dri\/card\d: EACCES\. Join the group that owns the node .*`sudo usermod -aG video \$USER`/,
    );
  });

  it('heap not permitted: prints the udev rule', () => {
    const heap = '/dev/dma_heap/default_cma_region';
    expect(refusals.get('heap')).toMatchObject({ code: 'EACCES', path: heap });
    expect(refusals.get('heap')?.message).toBe(
      `open on ${heap}: EACCES. The node belongs to root:root, mode 0600. ` +
        `Add the udev rule 'SUBSYSTEM=="dma_heap", GROUP="video", MODE="0660"' ` +
        '(as /etc/udev/rules.d/60-dma-heap.rules, then: udevadm control --reload && udevadm trigger), ' +
        'and be in its group: usermod -aG video USER, and log in again',
    );
  });

  it('dmaflow heaps: not permitted, with the udev rule', async () => {
    const main = join(checkout, 'dist/cli/main.js');
    await using user = new Program('setpriv', [...asUser, process.execPath, main, 'heaps']);
    expect((await user.ended).status).toBe(0);
    expect(user.stdout).toMatch(/^default_cma_region +contiguous +reserved +no /m);
    expect(user.stderr).toContain('SUBSYSTEM=="dma_heap", GROUP="video", MODE="0660"');
  });
}
