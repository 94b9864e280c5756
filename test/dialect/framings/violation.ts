import {
  ProtocolViolation,
  type ViolationCode,
} from '../../../server/dialect/framings/protocol-violation.ts';

/** The code of the violation that `decode` throws; `undefined`: it throws none. Other errors come through. */
export function violationOf(decode: () => unknown): ViolationCode | undefined {
  try {
    decode();
  } catch (error) {
    if (error instanceof ProtocolViolation) return error.code;
    throw error;
  }
  return undefined;
}
