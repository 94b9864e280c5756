import { isPlainObject } from '../../../protocol/properties.ts';

/** Angles, in radians, go the short way round. */
const ANGLES = new Set(['rotation']);
const AXES = ['x', 'y', 'z', 'w'] as const;

/**
 * Between two values, `share` of the way; beyond the second where it is more than 1. Numbers, and those in arrays and
 * objects, go straight; quaternions (four numbers, or x, y, z, w) turn; whatever else is that of the second.
 *
 * @param name of the field that it is: of `rotation`, three numbers are angles
 */
export function mix(from: unknown, to: unknown, share: number, name = ''): unknown {
  const [before, after] = [numbersIn(from), numbersIn(to)];
  if (before !== undefined && after !== undefined && before.length === after.length) {
    if (after.length === 4) return shapedAs(to, slerp(before, after, share));
    const isAngle = ANGLES.has(name);
    const between = after.map((value, at) => {
      const difference = value - (before[at] ?? value);
      return (before[at] ?? value) + share * (isAngle ? shortWay(difference) : difference);
    });
    return shapedAs(to, between);
  }
  if (isPlainObject(from) && isPlainObject(to)) {
    const fields = Object.entries(to).map(([key, value]) => [
      key,
      Object.hasOwn(from, key) ? mix(from[key], value, share, key) : value,
    ]);
    return Object.fromEntries(fields);
  }
  return to;
}

/** Of a number, an array of numbers, or an object of x, y and so on. */
function numbersIn(value: unknown): number[] | undefined {
  if (typeof value === 'number') return [value];
  if (Array.isArray(value)) return value.length > 0 && value.every(isNumber) ? value : undefined;
  if (!isPlainObject(value)) return undefined;
  const keys = AXES.filter((axis) => isNumber(value[axis]));
  const isVector = keys.length > 0 && keys.length === Object.keys(value).length;
  return isVector ? keys.map((axis) => value[axis] as number) : undefined;
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number';
}

function shapedAs(shape: unknown, numbers: readonly number[]): unknown {
  if (isNumber(shape)) return numbers[0];
  if (Array.isArray(shape)) return numbers;
  const keys = AXES.filter((axis) => Object.hasOwn(shape as object, axis));
  return Object.fromEntries(keys.map((axis, at) => [axis, numbers[at]]));
}

function shortWay(angle: number): number {
  const turns = angle / (2 * Math.PI);
  return (turns - Math.round(turns)) * 2 * Math.PI;
}

/** Shoemake, "Animating rotation with quaternion curves" (1985): at even speed, the short way. */
function slerp(from: readonly number[], to: readonly number[], share: number): number[] {
  const dot = from.reduce((sum, value, at) => sum + value * (to[at] ?? 0), 0);
  // A quaternion and its negative are one rotation.
  const sign = dot < 0 ? -1 : 1;
  const angle = Math.acos(Math.min(1, Math.abs(dot)));
  const sine = Math.sin(angle);
  // Where they are nearly the same, that would divide by nearly nothing.
  const [first, second] =
    sine < 1e-6 ? [1 - share, share] : [Math.sin((1 - share) * angle) / sine, Math.sin(share * angle) / sine];
  const mixed = from.map((value, at) => first * value + second * sign * (to[at] ?? 0));
  const length = Math.hypot(...mixed) || 1;
  return mixed.map((value) => value / length);
}
