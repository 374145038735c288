// Numbers as people read them.

const UNITS = [[1e12, "T"], [1e9, "G"], [1e6, "M"], [1e3, "k"]];

/** 1234567 as "1.23 M"; small integers as they are. */
export function count(value) {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  const size = Math.abs(value);
  for (const [unit, letter] of UNITS) {
    if (size >= unit * 0.9995) return `${significant(value / unit)} ${letter}`;
  }
  return Number.isInteger(value) ? String(value) : significant(value);
}

/** Seconds as "12.3 ms". */
export function time(seconds) {
  if (seconds === null || seconds === undefined) return "–";
  if (seconds === 0) return "0";
  if (seconds < 1e-6) return `${significant(seconds * 1e9)} ns`;
  if (seconds < 1e-3) return `${significant(seconds * 1e6)} µs`;
  if (seconds < 1) return `${significant(seconds * 1e3)} ms`;
  if (seconds < 100) return `${significant(seconds)} s`;
  return clock(seconds);
}

/** Seconds as "1 h 02 min" or "3 min 07 s". */
export function clock(seconds) {
  if (seconds === null || seconds === undefined) return "–";
  const whole = Math.floor(seconds);
  const pad = (value) => String(value).padStart(2, "0");
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  if (hours > 0) return `${hours} h ${pad(minutes)} min`;
  if (minutes > 0) return `${minutes} min ${pad(whole % 60)} s`;
  return `${whole} s`;
}

export function percent(value) {
  if (value === null || value === undefined) return "–";
  return `${value >= 99.95 || value === 0 ? value.toFixed(0) : significant(value)} %`;
}

function significant(value) {
  const size = Math.abs(value);
  return value.toFixed(size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2);
}
