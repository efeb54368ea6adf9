/** Nodes that a user may not open. */
import { chmodSync, chownSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cards, multiPlanarCamera, singlePlanarCamera } from '../../../support/board/devices';
import { checkout, Program } from '../../../support/board/program';
import { asUser } from '../../../support/board/user';

interface Refusal {
  name: string;
  message: string;
  code: string;
  path: string;
}

function runAsUser(...command: string[]): Program {
  const [program = '', ...args] = asUser(...command);
  return new Program(program, args);
}

export function permissionErrors(): void {
  const video = Number(/^video:[^:]*:(\d+):/m.exec(readFileSync('/etc/group', 'utf8'))?.[1]);
  const closedCamera = singlePlanarCamera();
  const openCamera = multiPlanarCamera();
  const heaps = readdirSync('/dev/dma_heap').map((name) => `/dev/dma_heap/${name}`);
  const closed = [...heaps, ...cards().map(({ path }) => path)];
  let refusals: Map<string, Refusal>;

  beforeAll(async () => {
    for (const node of closed) chmodSync(node, 0);
    chownSync(closedCamera, 0, video);
    chmodSync(closedCamera, 0o060);
    chmodSync(openCamera, 0o666);
    const program = join(__dirname, '../programs/refusals.js');
    await using user = runAsUser(process.execPath, program, closedCamera, openCamera);
    await user.ended;
    const lines: Refusal[] = user.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    refusals = new Map(lines.map((line) => [line.name, line]));
  });
  afterAll(() => {
    chownSync(closedCamera, 0, 0);
    for (const node of [...closed, closedCamera, openCamera]) chmodSync(node, 0o600);
  });

  it('camera not permitted: names the group to be in', () => {
    expect(refusals.get('camera')).toMatchObject({ code: 'EACCES', path: closedCamera });
    expect(refusals.get('camera')?.message).toBe(
      `open on ${closedCamera}: EACCES. The node belongs to group \`video\`: ` +
        'run `sudo usermod -aG video $USER` and log in again.',
    );
  });

  it('card not permitted: names the group to be in', () => {
    expect(refusals.get('card')?.code).toBe('EACCES');
    expect(refusals.get('card')?.message).toMatch(
      /^open on \/dev\/dri\/card\d: EACCES\. Join the group that owns the node .*`sudo usermod -aG video \$USER`/,
    );
  });

  it('heap not permitted: prints the udev rule', () => {
    const heap = '/dev/dma_heap/default_cma_region';
    expect(refusals.get('heap')).toMatchObject({ code: 'EACCES', path: heap });
    expect(refusals.get('heap')?.message).toBe(
      `open on ${heap}: EACCES. The node belongs to root:root, mode 0000. ` +
        `Add the udev rule 'SUBSYSTEM=="dma_heap", GROUP="video", MODE="0660"' ` +
        '(as /etc/udev/rules.d/60-dma-heap.rules, then: udevadm control --reload && udevadm trigger), ' +
        'and be in its group: usermod -aG video USER, and log in again',
    );
  });

  it('dmaflow heaps: not permitted, with the udev rule', async () => {
    await using user = runAsUser(process.execPath, join(checkout, 'dist/cli/main.js'), 'heaps');
    expect((await user.ended).status).toBe(0);
    expect(user.stdout).toMatch(/^default_cma_region +contiguous +reserved +no /m);
    expect(user.stderr).toContain('SUBSYSTEM=="dma_heap", GROUP="video", MODE="0660"');
  });
}
