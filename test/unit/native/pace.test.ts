import { intervalOf, Pace } from '../../../src/native/pace';

function taken(interval: number, times: readonly number[]): number[] {
  const pace = new Pace(interval);
  return times.filter((time) => {
    if (!pace.due(time)) return false;
    pace.took(time);
    return true;
  });
}

it('every frame without an interval', () => {
  expect(taken(0, [5, 6, 7])).toEqual([5, 6, 7]);
});

it('one frame of each piece of the grid, whatever the jitter', () => {
  const frames = Array.from({ length: 30 }, (_, index) => index * 33_333 + (index % 3) * 900);
  expect(taken(200_000, frames)).toHaveLength(5);
  expect(taken(100, [0, 50, 99, 130, 199, 260, 300])).toEqual([0, 130, 260, 300]);
});

it('goes on from a gap, and from a clock that starts anew', () => {
  expect(taken(100, [0, 1050, 1090, 1100])).toEqual([0, 1050, 1100]);
  expect(taken(100, [1000, 5, 50, 105])).toEqual([1000, 5, 105]);
});

it('a frame that was due and not taken leaves the next one due', () => {
  const pace = new Pace(100);
  pace.took(0);
  expect(pace.due(100)).toBe(true);
  expect(pace.due(133)).toBe(true);
  pace.took(133);
  expect(pace.due(199)).toBe(false);
  expect(pace.due(200)).toBe(true);
});

it('microseconds of a rate', () => {
  expect(intervalOf('x', undefined)).toBe(0);
  expect(intervalOf('x', 5)).toBe(200_000);
  expect(intervalOf('x', 0.1)).toBe(10_000_000);
  for (const fps of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
    expect(() => intervalOf('cpuStage', fps)).toThrow(RangeError);
  }
});
