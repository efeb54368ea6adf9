/** GStreamer in the graph on the real kernel: contiguous buffers of our heap between V4L2, GStreamer's elements and displays. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LinkStats } from 'dmaflow';
import { expectNothingLeft } from '../../support/board/left-behind';
import { checkout, figuresOf, helperPath, Program, sample } from '../../support/board/program';

jest.setTimeout(1_200_000);

const HEAP = 'default_cma_region';

interface Run {
  name: string;
  captured: number;
  links: LinkStats[];
  stages: { name: string; frames: number }[];
  buffers: { exporter: string; devices: string[] }[];
}

const directory = mkdtempSync(join(tmpdir(), 'gst-'));
let runs: Run[] = [];

beforeAll(async () => {
  await using program = new Program(process.execPath, [helperPath('gst-stages'), directory]);
  const { status } = await program.ended;
  runs = program.stdout.split('\n').flatMap((line) => (line.startsWith('{') ? JSON.parse(line) : []));
  if (status !== 0) throw new Error(`it ended with ${status}:\n${program.stdout}${program.stderr}`);
});

afterEach(expectNothingLeft);
afterAll(() => rmSync(directory, { recursive: true }));

function runOf(name: string): Run {
  const found = runs.find((run) => run.name === name);
  if (!found) throw new Error(`no run '${name}'`);
  expect(new Set(found.buffers.map(({ exporter }) => exporter))).toEqual(new Set([HEAP]));
  return found;
}

/** Pixels, of its frame header (SOF0); throws where the file is no JPEG. */
function jpegSize(file: string): [number, number] {
  const bytes = readFileSync(file);
  const header = bytes.indexOf(Buffer.from([0xff, 0xc0]));
  if (bytes.readUInt16BE(0) !== 0xffd8 || header < 0) throw new Error(`${file} is no JPEG`);
  return [bytes.readUInt16BE(header + 7), bytes.readUInt16BE(header + 5)];
}

function discovered(file: string): string {
  return spawnSync('gst-discoverer-1.0', [file], { encoding: 'utf8' }).stdout;
}

it('a camera goes to our display and into files, without a copy on our side', () => {
  const { links, stages, buffers } = runOf('tee');
  expect(links.map(({ copies }) => copies)).toEqual(links.map(() => 0));
  const written = readdirSync(directory).filter((name) => name.endsWith('.jpg'));
  expect(written).toHaveLength(stages.find(({ name }) => name === 'gst-sink')?.frames ?? -1);
  expect(written.length).toBeGreaterThan(0);
  expect(jpegSize(join(directory, written[0] ?? ''))).toEqual([320, 180]);
  for (const { devices } of buffers) expect(devices).toContain('vkms');
});

it('v4l2src captures into our contiguous heap, and the display shows what it captured', () => {
  const { captured, links, buffers } = runOf('import');
  expect(captured).toBe(20);
  expect(links.map(({ copies }) => copies)).toEqual(links.map(() => 0));
  const devices = new Set(buffers.flatMap((buffer) => buffer.devices));
  expect([...devices].sort()).toEqual(['vivid.0', 'vkms']);
});

it("GStreamer's kmssink shows our camera's buffers", () => {
  const { links, buffers, stages } = runOf('kmssink');
  expect(links.map(({ copies }) => copies)).toEqual(links.map(() => 0));
  expect(stages.find(({ name }) => name === 'gst-sink')?.frames).toBeGreaterThan(0);
  expect(new Set(buffers.flatMap(({ devices }) => devices))).toContain('vkms');
});

it('a transform of GStreamer between camera and display', () => {
  const { stages } = runOf('transform');
  expect(stages.find(({ name }) => name === 'gst-transform')?.frames).toBeGreaterThan(0);
});

it('a camera starts in the turn in which a pipeline of GStreamer goes: no fd of theirs is taken for one of GLib', async () => {
  const program = join(checkout, 'test/support/board/gst-then-camera.mjs');
  await using running = new Program(process.execPath, [program]);
  const { status } = await running.ended;
  expect([status, running.stdout, running.stderr]).toEqual([0, 'captured 5\n', '']);
});

it('record-mp4 shows and records at once, and the file is whole', async () => {
  const file = join(directory, 'out.mp4');
  const options = ['--driver', 'vivid', '--card', 'vkms', '--size', '320x180', '--fps', '15'];
  await using program = sample('record-mp4', ...options, '--frames', '12', '--output', file);
  expect(await program.ended).toEqual({ status: 0, signal: null });
  expect(figuresOf(program).shown).toBeGreaterThan(0);
  const [, recorded, skipped] = /^recorded=(\d+) skipped=(\d+)/m.exec(program.stdout) ?? [];
  expect(Number(recorded) + Number(skipped)).toBe(12);
  expect(discovered(file)).toMatch(/H\.264[\s\S]*Width: 320/);
});

it('rtp-stream is received on loopback', async () => {
  const caps = 'application/x-rtp,media=video,encoding-name=JPEG,payload=26,clock-rate=90000';
  const frames = join(directory, 'received-%02d.jpg');
  const receive = [
    'udpsrc',
    'port=5004',
    `caps=${caps}`,
    '!',
    'rtpjpegdepay',
    '!',
    'multifilesink',
    `location=${frames}`,
  ];
  await using receiver = new Program('gst-launch-1.0', receive);
  await receiver.says(/Setting pipeline to PLAYING|New clock/);
  const options = ['--driver', 'vivid', '--size', '640x360', '--fps', '15', '--frames', '12'];
  await using program = sample('rtp-stream', ...options);
  expect(await program.ended).toEqual({ status: 0, signal: null });
  expect(Number(/^sent=(\d+)/m.exec(program.stdout)?.[1])).toBeGreaterThan(0);
  const received = readdirSync(directory).filter((name) => name.startsWith('received-'));
  expect(received.length).toBeGreaterThan(0);
  expect(jpegSize(join(directory, received[0] ?? ''))).toEqual([640, 360]);
});
