/** The commands that ask GStreamer. */
import type { DoctorReport } from '../../src/cli/doctor-report';
import { gstTest, runProgram, TIMEOUT } from './run-program';

const COMMAND = '../../../src/cli/main.ts';

gstTest(
  'gst-types writes typings that add to those of the library; an unknown element names the nearest',
  async () => {
    const { stdout, code } = await runProgram(COMMAND, ['gst-types', 'valve', 'capsfilter']);
    expect(code).toBe(0);
    expect(stdout).toContain(
      "declare module 'dmaflow' {\n  interface GstElementTypes {\n    valve: {\n      drop: boolean;\n",
    );
    expect(stdout).toContain(
      "      caps: string | null;\n      'caps-change-mode': 'immediate' | 'delayed';\n",
    );
    expect(await runProgram(COMMAND, ['gst-types', 'valv'])).toMatchObject({
      code: 1,
      stdout: '',
      stderr: "dmaflow: GStreamer has no element 'valv'; did you mean 'valve'?\n",
    });
  },
);

gstTest('doctor knows the versions and the elements', async () => {
  const { stdout } = await runProgram(COMMAND, ['doctor', '--json']);
  const { versions, gstreamer } = JSON.parse(stdout) as DoctorReport;
  expect(versions).toMatchObject({
    gstreamer: expect.stringMatching(/^1\.\d+\.\d+$/),
    nodeGtk: expect.stringMatching(/^\d/),
  });
  expect(gstreamer.found).toContain('videoconvert');
  expect(gstreamer.faults).toEqual([]);
});

test(
  'doctor works where the addon is not built and GStreamer is not there',
  async () => {
    const { stdout, code } = await runProgram('nothing.ts');
    const { problems, versions } = JSON.parse(stdout) as DoctorReport;
    expect(versions).toMatchObject({ addon: null, gstreamer: null, nodeGtk: null });
    expect(problems[0]).toMatchObject({
      severity: 'error',
      what: expect.stringContaining('addon of dmaflow does not load'),
      advice: expect.stringContaining('npx dmaflow build'),
    });
    expect(problems.some(({ what }) => what.startsWith('GStreamer is not available'))).toBe(true);
    expect(code).toBe(1);
  },
  TIMEOUT,
);
