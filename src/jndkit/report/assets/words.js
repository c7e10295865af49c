// Words for figures, as wording.py has them.

/** 148 kB; nothing where it is not known. */
export function size(count) {
  if (count === null || count === undefined) return "";
  if (count < 1000) return `${count} B`;
  const [unit, name] = count < 999_500 ? [1e3, "kB"] : count < 999_500_000 ? [1e6, "MB"] : [1e9, "GB"];
  return `${(count / unit).toFixed(count >= 99.95 * unit ? 0 : 1)} ${name}`;
}
