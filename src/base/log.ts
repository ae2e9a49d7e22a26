/**
 * What a log is to the rest of the program: a constant message with data in fields. pino writes it,
 * and only in the process that owns the output; the others send their records there (daemon/ipc.ts).
 */

export type LogLevel = 'error' | 'warn' | 'info' | 'debug' | 'trace';

export type LogFields = Readonly<Record<string, unknown>>;

/** One line of the log, as data. */
export interface LogRecord {
  readonly level: LogLevel;
  readonly fields: LogFields;
  readonly message: string;
}

export type Log = Readonly<Record<LogLevel, (fields: LogFields, message: string) => void>>;

/** A log that hands each record to `write`. */
export function logTo(write: (record: LogRecord) => void): Log {
  const at =
    (level: LogLevel) =>
    (fields: LogFields, message: string): void =>
      write({ level, fields, message });
  return {
    error: at('error'),
    warn: at('warn'),
    info: at('info'),
    debug: at('debug'),
    trace: at('trace'),
  };
}

/** A log that drops everything: for tests and for commands that speak for themselves. */
export const silentLog: Log = logTo(() => {});

/** Field names whose values are secrets, wherever they stand. */
const SECRET_FIELDS = ['authPass', 'auth_pass', 'key', 'password', 'secret'];

export interface LogOptions {
  readonly level: LogLevel;
  /** File descriptor to write to: 1 is standard output. */
  readonly descriptor: number;
}

/** Opens pino: one JSON object a line, secrets masked. Loaded late, because few processes need it. */
export async function openLog(options: LogOptions): Promise<Log> {
  const { default: pino } = await import('pino');
  const logger = pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: {
        paths: SECRET_FIELDS.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]),
        censor: '********',
      },
    },
    pino.destination({ dest: options.descriptor, sync: true }),
  );
  return logTo(({ level, fields, message }) => logger[level](fields, message));
}
