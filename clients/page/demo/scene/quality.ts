const SLOW_MS = 45;
const FRAMES = 8;

/** From the best to what any machine can draw; the first is limited by the screen. */
const levels = [
  { pixelRatio: 2, shadows: true },
  { pixelRatio: 1, shadows: true },
  { pixelRatio: 0.8, shadows: false },
  { pixelRatio: 0.55, shadows: false },
] as const;

/** Draws less finely where the machine cannot follow: what moves has to move smoothly. */
export class Quality {
  #level: number;
  #slow = 0;

  /** @param isSoftware whether the processor draws, in place of a graphics card */
  constructor(isSoftware: boolean) {
    this.#level = isSoftware ? levels.length - 1 : 0;
  }

  get pixelRatio(): number {
    return Math.min(devicePixelRatio, levels[this.#level]?.pixelRatio ?? 1);
  }

  get shadows(): boolean {
    return levels[this.#level]?.shadows ?? false;
  }

  /**
   * A frame was drawn. True: the next are to be drawn otherwise.
   *
   * @param follows whether the next one is wanted at once, so that the time between them tells something
   */
  drew(elapsedMs: number, follows: boolean): boolean {
    this.#slow = follows && elapsedMs > SLOW_MS ? this.#slow + 1 : Math.max(0, this.#slow - 1);
    if (this.#slow < FRAMES || this.#level === levels.length - 1) return false;
    this.#slow = 0;
    this.#level += 1;
    return true;
  }
}

/** Asked of a context of its own: how a scene is to be drawn has to be known before. */
export function drawsInSoftware(): boolean {
  const context = document.createElement('canvas').getContext('webgl2');
  const names = context?.getExtension('WEBGL_debug_renderer_info') ?? null;
  const name = names === null ? '' : String(context?.getParameter(names.UNMASKED_RENDERER_WEBGL));
  context?.getExtension('WEBGL_lose_context')?.loseContext();
  return /swiftshader|llvmpipe|software|basic render/i.test(name);
}
