/**
 * Files to train on, and to validate with: those with `t10k`, `test` or `valid` in their names. Where there is but one
 * kind, all are to train on, and a part of their images is held out.
 */
export function filesByUse<T extends { readonly name: string }>(
  files: readonly T[],
): readonly [train: readonly T[], validation: readonly T[]] {
  const isLater = ({ name }: T) => /t10k|test|valid/i.test(name);
  const earlier = files.filter((file) => !isLater(file));
  return earlier.length > 0 ? [earlier, files.filter(isLater)] : [files, []];
}
