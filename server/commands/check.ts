import { ConfigError, type Environment, readConfig, textOf } from '../config.ts';
import { type SettingName, settingNames, settings } from '../settings/table.ts';

/** What `tandem check` has to say. `ok`: the server would start with these settings. */
export interface CheckReport {
  readonly ok: boolean;
  readonly lines: readonly string[];
}

const DEVELOPMENT = 'No key is set: this is development mode, which serves this machine only.';

/** Every setting with its value (`*` where it was set), then what is wrong. Secrets are not shown. */
export function checkSettings(env: Environment): CheckReport {
  const width = Math.max(...settingNames.map((name) => name.length));
  const table = settingNames.map((name) => {
    const mark = textOf(env, name) === undefined ? ' ' : '*';
    return `${mark} ${name.padEnd(width)}  ${shownValue(env, name)}`;
  });
  try {
    const { mode, warnings } = readConfig(env);
    const all = mode === 'development' ? [...warnings, DEVELOPMENT] : warnings;
    return {
      ok: true,
      lines: [...table, '', ...all.map(asWarning), `The settings are valid (${mode} mode).`],
    };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const problems = error.message.split('\n').map((line) => `error: ${line}`);
    return { ok: false, lines: [...table, '', ...error.warnings.map(asWarning), ...problems] };
  }
}

function asWarning(sentence: string): string {
  return `warning: ${sentence}`;
}

function shownValue(env: Environment, name: SettingName): string {
  const { fallback, otherwise, secret } = settings[name];
  const given = textOf(env, name);
  if (given === undefined) return fallback ?? otherwise ?? '-';
  return secret ? '(set, not shown)' : given;
}
