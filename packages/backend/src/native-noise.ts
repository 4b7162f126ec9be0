/**
 * Lines that native code prints on stderr whatever we set, and that say nothing about a run: a parent that
 * shows a lane's stderr leaves them out.
 */

const noise: readonly RegExp[] = [
  // TensorFlow: its log is not silenced by TF_CPP_MIN_LOG_LEVEL before its own initialisation.
  /absl::InitializeLog\(\)/,
  /^[IW]\d{4} .*\b(port|cpu_feature_guard)\.cc/,
  /cpu_feature_guard\.cc/,
  /^To enable the following instructions:/,
  // Dawn, once per adapter.
  /^Warning: max\w+ artificially reduced from/,
  // Mesa.
  /XDG_RUNTIME_DIR/,
];

/** True for a line of stderr that a user has no use for. */
export function isNativeNoise(line: string): boolean {
  return noise.some((pattern) => pattern.test(line));
}
