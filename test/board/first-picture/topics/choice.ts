/** Which display gets the frames where there are several cards: vgem has no display, vkms and bochs have one each. */
import { type KmsSinkOptions, kmsSink, Pipeline, v4l2Source } from 'dmaflow';
import { cardOf, cards, singlePlanarCamera } from '../../../support/board/devices';
import { shownFramebuffers } from '../../../support/board/drm-state';
import { figuresOf, sample } from '../../../support/board/program';
import { until } from '../../../support/board/until';

/** Drivers of the cards on whose screens imported dma-bufs are. */
function driversThatShow(): string[] {
  return cards()
    .filter((card) => shownFramebuffers(card).some(({ imported }) => imported.some(Boolean)))
    .map(({ driver }) => driver);
}

async function driversChosenBy(options: KmsSinkOptions): Promise<string[]> {
  await using pipeline = new Pipeline(
    v4l2Source({ device: singlePlanarCamera(), width: 640, height: 480, fps: 30 }),
    kmsSink(options),
  );
  await pipeline.start();
  await until('the first frame', () => pipeline.stats().shown > 0);
  return driversThatShow();
}

/** The connector of a card that is no writeback connector. */
function connectorOf(driver: string): string {
  return cardOf(driver).connectors.find((name) => !name.startsWith('Writeback')) ?? 'none';
}

describe('the display', () => {
  it('is the first one there is, where nothing is said, and no card without one', async () => {
    const drivers = cards().map(({ driver }) => driver);
    expect([...drivers].sort()).toEqual(['bochs-drm', 'vgem', 'vkms']);
    expect(drivers[0]).toBe('vgem');
    expect(await driversChosenBy({})).toEqual([drivers.find((driver) => driver !== 'vgem')]);
  });

  it.each(['vkms', 'bochs-drm'])('is chosen by card and by connector: %s', async (driver) => {
    expect(await driversChosenBy({ card: driver })).toEqual([driver]);
    expect(await driversChosenBy({ card: cardOf(driver).path })).toEqual([driver]);
    expect(await driversChosenBy({ connector: connectorOf(driver) })).toEqual([driver]);
  });

  it('is chosen by --card and --connector of the sample, and has its old picture after it', async () => {
    const before = shownFramebuffers(cardOf('bochs-drm'));
    const options = ['--size', '640x480', '--fps', '30', '--driver', 'vivid', '--frames', '0'];
    const choice = ['--card', 'bochs-drm', '--connector', connectorOf('bochs-drm')];
    await using program = sample('camera-to-display', ...options, ...choice);
    await program.says(/shown [1-9]/);
    expect(driversThatShow()).toEqual(['bochs-drm']);
    program.kill('SIGINT');
    expect(await program.ended).toEqual({ status: 0, signal: null });
    expect(figuresOf(program).shown).toBeGreaterThan(0);
    expect(driversThatShow()).toEqual([]);
    expect(shownFramebuffers(cardOf('bochs-drm'))).toEqual(before);
  });
});
