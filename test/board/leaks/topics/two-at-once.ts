/** Two programs, and two pipelines of one program. */
import { cpuStage, kmsSink, Pipeline, UnsupportedError } from 'dmaflow';
import { cardOf, multiPlanarCamera, singlePlanarCamera } from '../../../support/board/devices';
import { expectNothingLeft } from '../../../support/board/left-behind';
import { expectNextRun, failureOf, shortRun, smallCamera } from '../../../support/board/pipelines';
import { sample } from '../../../support/board/program';
import { until } from '../../../support/board/until';
import { VirtualCard } from '../../../support/board/virtual-card';

export function twoAtOnce(): void {
  const device = singlePlanarCamera();
  const vkms = cardOf('vkms');

  it('two programs: the same devices name the first, others run beside it', async () => {
    using second = new VirtualCard('second');
    await using first = sample(
      'camera-to-display',
      '--device',
      device,
      '--size',
      '640x480',
      '--card',
      vkms.path,
    );
    await first.says(/ shown [1-9]/);
    const name = `node (pid ${first.pid})`;

    const sameCamera = await failureOf(new Pipeline(smallCamera({ device }), kmsSink({ card: second.path })));
    expect(sameCamera.message).toBe(
      `VIDIOC_S_FMT on ${device}: EBUSY. The camera is in use by ${name}: stop it first.`,
    );
    const sameDisplay = await failureOf(
      new Pipeline(smallCamera({ device: multiPlanarCamera() }), kmsSink({ card: vkms.path })),
    );
    expect(sameDisplay).toBeInstanceOf(UnsupportedError);
    expect(sameDisplay.message).toContain(`the card is open in ${name}`);

    const beside = await shortRun({ device: multiPlanarCamera() }, second.path);
    expect(beside.shown).toBeGreaterThan(0);

    const { length } = first.stdout;
    await until('the first to go on', () => / shown [1-9]/.test(first.stdout.slice(length)));
    first.kill('SIGKILL');
    await first.ended;
    await expectNothingLeft();
    await expectNextRun();
  });

  it('two pipelines of one program', async () => {
    using second = new VirtualCard('second');
    const look = () => cpuStage({ access: 'read' }, ({ frame }) => void frame.cpuAccess().close());
    await using left = new Pipeline(
      smallCamera({ device, frames: 10 }),
      look(),
      kmsSink({ card: vkms.path }),
    );
    await using right = new Pipeline(
      smallCamera({ device: multiPlanarCamera(), frames: 10 }),
      look(),
      kmsSink({ card: second.path }),
    );
    const figures = await Promise.all([left.run(), right.run()]);
    for (const { captured, shown } of figures) {
      expect(captured).toBe(10);
      expect(shown).toBeGreaterThan(0);
    }
  });
}
