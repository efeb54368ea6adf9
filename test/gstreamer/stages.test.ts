/** gstSource, gstTransform and gstSink over real GStreamer, without devices: in ordinary pages, where a heap is missing. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gstTest, resultOf, runProgram } from './run-program';

interface Run {
  captured: number;
  stages: { name: string; frames: number; dropped: number }[];
  links: { to: string; copies: number; copyReason?: string }[];
  error?: { name: string; message: string; element?: string };
}

const FRAMES = 30;
const TEST = `videotestsrc num-buffers=${FRAMES} ! video/x-raw`;
const MIB = 2 ** 20;

const run = (...descriptions: string[]) => resultOf<Run>('stage-run.ts', descriptions);
const stageOf = ({ stages }: Run, name: string) => stages.find((stage) => stage.name === name);
const linkTo = ({ links }: Run, name: string) => links.find((link) => link.to === name);

let directory = '';
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'dmaflow-gst-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

describe('frames come in buffers of the graph', () => {
  const sources = {
    videotestsrc: `${TEST},format=NV12`,
    videoconvert: `${TEST},format=I420 ! videoconvert ! video/x-raw,format=NV12`,
    videoscale: `${TEST},format=NV12,width=320,height=240 ! videoscale`,
    jpegdec: `${TEST},format=I420,width=640,height=480 ! jpegenc ! jpegdec ! video/x-raw,format=I420`,
    decodebin: `${TEST},format=I420,width=640,height=480 ! jpegenc ! decodebin ! videoconvert`,
  };
  for (const [name, description] of Object.entries(sources)) {
    gstTest(`from ${name}, every one`, async () => {
      const result = await run(description, 'fakesink');
      expect(result).toMatchObject({ captured: FRAMES });
      expect(linkTo(result, 'in')).toMatchObject({ copies: 0 });
    });
  }

  gstTest('those of a tee in GStreamer are copied, counted and explained', async () => {
    const result = await run(`${TEST},format=NV12 ! tee name=t t. ! queue ! fakesink t. ! queue`, 'fakesink');
    expect(result.captured).toBe(FRAMES);
    expect(linkTo(result, 'in')).toMatchObject({
      copies: FRAMES,
      copyReason: expect.stringMatching(/^queue\d+ wrote it into memory of its own \(SystemMemory\)/),
    });
  });

  gstTest('a transform makes its own, in the size that it turns them to', async () => {
    const file = join(directory, 'turned-%02d.jpg');
    const result = await run(
      `${TEST},format=NV12`,
      'videoflip video-direction=90r',
      `jpegenc ! multifilesink location=${file}`,
    );
    const sent = stageOf(result, 'out')?.frames ?? 0;
    expect(sent).toBeGreaterThan(0);
    const files = readdirSync(directory).filter((name) => name.startsWith('turned-'));
    expect(files).toHaveLength(sent);
    expect(discovered(join(directory, files[0] ?? ''))).toMatch(/Width: 480\n\s+Height: 640/);
  });
});

gstTest('a buffer comes back each time when GStreamer lets go of it', async () => {
  const { through } = await resultOf<{ through: number }>('stage-credit.ts');
  // One buffer that does not come back would be the last.
  expect(through).toBeGreaterThan(10);
});

describe('the end of the stream', () => {
  gstTest('finishes a file; an encoder that keeps frames gets copies and is not starved', async () => {
    const file = join(directory, 'whole.mp4');
    const result = await run(
      `${TEST.replace('videotestsrc', 'videotestsrc is-live=true')},format=I420,framerate=30/1`,
      `x264enc rc-lookahead=20 ! h264parse ! mp4mux ! filesink location=${file}`,
    );
    expect(stageOf(result, 'out')).toMatchObject({ frames: FRAMES, dropped: 0 });
    expect(linkTo(result, 'out')).toMatchObject({ copyReason: expect.stringContaining('kept 7 frames') });
    expect(discovered(file)).toMatch(/H\.264[\s\S]*Width: 640/);
  });
});

describe('errors', () => {
  gstTest('of an element stop the graph with its name and words', async () => {
    const { error } = await run(`${TEST},format=NV12`, 'identity name=culprit error-after=5 ! fakesink');
    expect(error).toEqual({
      name: 'GstError',
      message: expect.stringMatching(/^stage 'out': GStreamer element 'culprit': Failed after iterations/),
      element: 'culprit',
    });
  });

  gstTest('of a description say which stage and what to install', async () => {
    const { error } = await run(`${TEST},format=NV12`, 'rtspclientsink');
    expect(error?.message).toMatch(
      /stage 'out': no element "rtspclientsink".*apt-get install gstreamer1\.0-rtsp/,
    );
  });

  gstTest('of formats name both sides', async () => {
    const { error } = await run(`${TEST},format=NV12`, 'video/x-raw,format=I420 ! fakesink');
    expect(error).toMatchObject({
      name: 'NegotiationError',
      message: expect.stringContaining('out takes YUV420'),
    });
  });
});

describe('nothing stays behind', () => {
  gstTest('over 200 cycles of create, run, stop and dispose', async () => {
    const { fds, rss } = await resultOf<{ fds: number[]; rss: number[] }>('stage-cycles.ts');
    expect(new Set(fds).size).toBe(1);
    expect((rss.at(-1) ?? 0) - (rss[0] ?? 0)).toBeLessThan(16 * MIB);
  });

  gstTest('over 100,000 frames in a pool of fixed size', async () => {
    const { captured, copies, fds, rss } = await resultOf<
      Record<'captured' | 'copies', number> & Record<'fds' | 'rss', number[]>
    >('stage-recycle.ts');
    expect({ captured, copies }).toEqual({ captured: 100_000, copies: 0 });
    expect(new Set(fds).size).toBe(1);
    expect((rss.at(-1) ?? 0) - (rss[1] ?? 0)).toBeLessThan(16 * MIB);
  });

  gstTest('at an exit while frames flow', async () => {
    const { code, signal, stderr } = await runProgram('stage-exit.ts');
    expect({ code, signal }).toEqual({ code: 7, signal: null });
    // The library's own reminder, and no complaint of GStreamer's.
    expect(stderr).toMatch(/^dmaflow: \d+ dma-bufs were not closed at exit[^\n]*\n$/);
  });

  gstTest('and a stop waits for no streaming thread', async () => {
    const { milliseconds } = await resultOf<{ milliseconds: number[] }>('stage-stop.ts');
    // They would wait for an hour.
    for (const each of milliseconds) expect(each).toBeLessThan(5000);
  });
});

function discovered(file: string): string {
  return spawnSync('gst-discoverer-1.0', ['-v', file], { encoding: 'utf8' }).stdout;
}
