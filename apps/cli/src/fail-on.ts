/** What makes the exit code 1, settled before the run: by `--fail-on`, or by where the command runs. */
import { type EvalConfig, failOnOf } from '@nanscope/settings';

export function withFailOn<Config extends Pick<EvalConfig, 'failOn' | 'reporter'>>(config: Config): Config {
  const failOn = failOnOf(config, process.env.CI);
  return failOn ? { ...config, failOn } : config;
}
