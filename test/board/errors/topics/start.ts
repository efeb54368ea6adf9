/** `npm start -- --here`: where this machine's devices cannot show a picture, it says why before anything is built. */
import { chmodSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cardOf, singlePlanarCamera, videoNode } from '../../../support/board/devices';
import { checkout, figuresOf, Program } from '../../../support/board/program';
import { asUser } from '../../../support/board/user';

const script = join(checkout, 'scripts/start.mjs');

const start = (...options: string[]) => new Program(process.execPath, [script, '--here', ...options]);

function startAsUser(...options: string[]): Program {
  const [program = '', ...args] = asUser(process.execPath, script, '--here', ...options);
  return new Program(program, args);
}

async function refusalOf(program: Program): Promise<string> {
  expect((await program.ended).status).toBe(1);
  expect(program.stdout).toBe('');
  const [refusal = '', advice] = program.stderr.split('\n');
  expect(advice).toBe("'npm start -- --board' shows the picture on an emulated board.");
  return refusal.replace("Not on this machine's own devices: ", '');
}

export function startHere(): void {
  const card = cardOf('vkms').path;

  it('another DRM master is named', async () => {
    // The first one to open a card is its master.
    const hold = 'open(F, "+<", $ARGV[0]) or die; print "master\\n"; $| = 1; print ""; sleep 600';
    await using desktop = new Program('perl', ['-e', hold, card]);
    await desktop.says(/master/);
    await using program = start();
    expect(await refusalOf(program)).toBe(
      `another program is DRM master of ${card} (perl, pid ${desktop.pid}), as a desktop is: ` +
        'only it may set what the display shows.',
    );
  });

  it('a camera that is not there, and one that is none', async () => {
    await using absent = start('--device', '/dev/video99');
    expect(await refusalOf(absent)).toBe('there is no /dev/video99.');
    const output = videoNode('vivid-000-vid-out');
    await using wrong = start('--device', output);
    expect(await refusalOf(wrong)).toBe(`${output} is no camera.`);
  });

  it('nodes that the user may not open', async () => {
    const heaps = readdirSync('/dev/dma_heap').map((name) => `/dev/dma_heap/${name}`);
    const camera = singlePlanarCamera();
    const group = 'be in the group that owns it (sudo usermod -aG video $USER, then log in again)';
    const closed: [nodes: string[], reason: RegExp | string][] = [
      [[camera], `you may not open ${camera}: ${group}.`],
      [[card], `you may not open ${card}: ${group}.`],
      [heaps, /^you may not open \/dev\/dma_heap\/\w+: a udev rule allows it/],
    ];
    for (const node of closed.flatMap(([nodes]) => nodes)) chmodSync(node, 0o000);
    try {
      for (const [nodes, reason] of closed) {
        await using program = startAsUser('--device', camera);
        expect(await refusalOf(program)).toMatch(reason);
        for (const node of nodes) chmodSync(node, 0o600);
      }
    } finally {
      for (const node of closed.flatMap(([nodes]) => nodes)) chmodSync(node, 0o600);
    }
  });

  it('shows the picture where nothing is in the way', async () => {
    // The picture is saved in the working directory.
    const directory = mkdtempSync(join(tmpdir(), 'start-'));
    const words = [process.execPath, script, '--here', '--frames', '5', '--size', '640x480'];
    await using program = new Program('sh', [
      '-c',
      'cd "$1" && shift && exec "$@"',
      'sh',
      directory,
      ...words,
    ]);
    expect((await program.ended).status).toBe(0);
    expect(figuresOf(program).shown).toBeGreaterThan(0);
    const header = readFileSync(join(directory, 'camera-to-display.png')).subarray(0, 24);
    expect([header.readUInt32BE(16), header.readUInt32BE(20)]).toEqual([640, 480]);
  });
}
