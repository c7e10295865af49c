// Time as the display keeps it: by animation frames, each with the time that the browser gives it.

/** The next frame's time, milliseconds. */
export const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));

/** Frames from now on, until stopped. */
export class Frames {
  #times = [];
  #draw;
  #running = true;
  #request = 0;

  /** draw: called with the milliseconds since the first frame, at each. */
  constructor(draw = () => {}) {
    this.#draw = draw;
    const each = (time) => {
      if (!this.#running) return;
      this.#times.push(time);
      this.#draw(time - this.#times[0]);
      this.#request = requestAnimationFrame(each);
    };
    this.#request = requestAnimationFrame(each);
  }

  /** Time of the first frame, or null. */
  get began() {
    return this.#times[0] ?? null;
  }

  stop() {
    this.#running = false;
    cancelAnimationFrame(this.#request);
  }

  /** {count, mean, worst, late}: milliseconds between frames; late ones came half a period too late. */
  get kept() {
    const gaps = this.#times.slice(1).map((time, index) => time - this.#times[index]);
    if (gaps.length === 0) return { count: this.#times.length, mean: 0, worst: 0, late: 0 };
    const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
    const period = median(gaps);
    const late = gaps.filter((gap) => gap > 1.5 * period).length;
    return { count: this.#times.length, mean: rounded(mean), worst: rounded(Math.max(...gaps)), late };
  }
}

/** Frames a second, of the display: {rate, late}, from the median of `count` of them. */
export async function refreshRate(count = 90) {
  await frame(); // the first may come late
  const times = [await frame()];
  while (times.length <= count) times.push(await frame());
  const gaps = times.slice(1).map((time, index) => time - times[index]);
  const period = median(gaps);
  return { rate: Math.round(10_000 / period) / 10, late: gaps.filter((gap) => gap > 1.5 * period).length / gaps.length };
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted.length % 2 ? sorted[sorted.length >> 1] : (sorted[sorted.length / 2 - 1] + sorted[sorted.length / 2]) / 2;
}

const rounded = (value) => Math.round(1000 * value) / 1000;
